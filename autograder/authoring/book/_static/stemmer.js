/* Chinese words have no endings; the Latin ones among them are English. */
function ChineseStemmer() {
  return new EnglishStemmer();
}
