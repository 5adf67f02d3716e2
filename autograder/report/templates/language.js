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
  // On paper nothing is folded.
  addEventListener("beforeprint", () => {
    for (const folded of document.querySelectorAll("details:not([open])")) {
      folded.open = true;
      addEventListener("afterprint", () => (folded.open = false), { once: true });
    }
  });
  document.querySelector(".language").addEventListener("change", speak);
  speak();
}
