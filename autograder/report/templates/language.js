"use strict";
// The style sheet shows one language; here the rest follows: titles, options, what readers announce.
{
  const page = document.documentElement;
  const speak = () => {
    const zh = document.getElementById("speak-zh").checked;
    page.lang = zh ? "zh-CN" : "en";
    document.title = zh ? page.dataset.titleZh : page.dataset.titleEn;
    for (const option of document.querySelectorAll("option")) {
      option.textContent = zh ? option.dataset.zh : option.dataset.en;
    }
  };
  document.querySelector(".language").addEventListener("change", speak);
  speak();
}
