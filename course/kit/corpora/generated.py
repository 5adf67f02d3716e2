"""The generated corpus: pairs from a synchronous grammar, small enough to learn in minutes.

Each rule of the grammar writes a meaning twice, in English and in Chinese, and holds what makes the
pair worth learning: time and place before the verb, measure words, 了 and 过 and 正在 where English
bends the verb, 不 or 没, 吗 and question words that stay in their place, 的 before its noun, 比.
"""

import random
from collections.abc import Callable
from typing import NamedTuple

from course.kit.corpora import Pair
from course.kit.corpora.lexicon import (
    ACTIONS,
    ANIMALS,
    CLOTHES,
    COMPARED,
    EVERYDAY,
    FUTURE,
    GOODS,
    HABITS,
    KINDS,
    LIKING,
    LOOKS,
    NEAR,
    NUMBERS,
    OWNERS,
    PAST,
    PLACES,
    PLACES_OF,
    READING,
    SUBJECT_MATTERS,
    SUBJECTS,
    Noun,
    Phrase,
    Subject,
    Verb,
)

# Combinations that only the compositional split has; their parts are everywhere.
HELD_BACK = (
    ("buy", "bicycle"),
    ("buy", "novel"),
    ("sell", "umbrella"),
    ("sell", "skirt"),
    ("wash", "hat"),
    ("read", "magazine"),
    ("eat", "peach"),
    ("choose", "guitar"),
    ("look for", "watch"),
    ("borrow", "camera"),
)


_PATIENCE = 2_000  # this many repeats in a row, and the grammar has nothing more to say


class Corpus(NamedTuple):
    """Pairs to learn from, to choose by, to be tested on, and of combinations never seen."""

    train: list[Pair]
    validation: list[Pair]
    test: list[Pair]
    compositional: list[Pair]


class _Draft(NamedTuple):
    """A sentence in both languages, and the (verb, thing) that it combines."""

    english: str
    chinese: str
    combines: tuple[str, str] | None = None


def generated_corpus(
    size: int = 34_000, validation: int = 1_000, test: int = 1_000, seed: int = 0
) -> Corpus:
    """Return the corpus: the same for the same seed, wherever it is made.

    No sentence of either language stands in two pairs, so no test sentence was seen in training.

    Args:
        size: the number of pairs in the training, validation and test splits together.
        validation, test: the number of pairs in these two.
        seed: of the draws.

    Raises:
        ValueError: the grammar has no room for so many pairs.
    """
    draw = random.Random(seed)
    rules = list(_RULES)
    seen_combinations: list[Pair] = []
    held_back: list[Pair] = []
    english: set[str] = set()
    chinese: set[str] = set()
    misses = 0
    while len(seen_combinations) < size:
        rule = draw.choices(rules, weights=[_RULES[r] for r in rules])[0]
        draft = rule(draw)
        pair = Pair(_sentence(draft.english), draft.chinese)
        if pair.english in english or pair.chinese in chinese:
            misses += 1
            if misses == _PATIENCE:
                raise ValueError(f"The grammar does not have {size} pairs; ask for fewer.")
            continue
        misses = 0
        english.add(pair.english)
        chinese.add(pair.chinese)
        (held_back if draft.combines in HELD_BACK else seen_combinations).append(pair)
    draw.shuffle(seen_combinations)
    cut = validation + test
    return Corpus(
        train=seen_combinations[cut:],
        validation=seen_combinations[:validation],
        test=seen_combinations[validation:cut],
        compositional=held_back,
    )


# -- pieces ---------------------------------------------------------------------------------------


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]


def _be(subject: Subject) -> str:
    if subject.english == "I":
        return "am"
    return "is" if subject.third else "are"


def _do(subject: Subject) -> str:
    return "does" if subject.third else "do"


def _have(subject: Subject) -> str:
    return "has" if subject.third else "have"


def _present(subject: Subject, verb: Verb) -> str:
    return verb.third if subject.third else verb.base


def _an(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def _counted(draw: random.Random, noun: Noun) -> tuple[str, str]:
    """One thing, half of the time, or several."""
    if draw.random() < 0.5:
        return _an(noun.one), f"一{noun.measure}{noun.chinese}"
    number = draw.choice(NUMBERS)
    return f"{number.english} {noun.several}", f"{number.chinese}{noun.measure}{noun.chinese}"


def _pointed(draw: random.Random, noun: Noun) -> tuple[str, str]:
    """This or that thing."""
    english, chinese = draw.choice((("this", "这"), ("that", "那")))
    return f"{english} {noun.one}", f"{chinese}{noun.measure}{noun.chinese}"


def _action(draw: random.Random, portions: bool = True) -> tuple[Verb, Noun]:
    """Something to do and something to do it to; portions are cups of tea and the like."""
    verb, nouns = draw.choice(ACTIONS)
    while not portions and " of " in nouns[0].one:
        verb, nouns = draw.choice(ACTIONS)
    return verb, draw.choice([noun for noun in nouns if portions or " of " not in noun.one])


def _one_of(draw: random.Random, *bases: str) -> tuple[Verb, tuple[Noun, ...]]:
    return draw.choice([(verb, nouns) for verb, nouns in ACTIONS if verb.base in bases])


def _when(draw: random.Random, verb: Verb, times: tuple[Phrase, ...]) -> Phrase:
    """A time; one not far off for what is done every day, for who knows last year's tea?"""
    near = [time for time in times if time.english in NEAR]
    return draw.choice(near if verb.base in EVERYDAY else times)


def _place(draw: random.Random, verb: Verb) -> tuple[str, str]:
    """A place where it may be done, half of the time, or none."""
    if draw.random() < 0.5:
        return "", ""
    place = draw.choice(PLACES_OF[verb.base])
    return f" {place}", PLACES[place]


def _described(draw: random.Random) -> tuple[Noun, Phrase]:
    """A thing, and what may be said of it."""
    kind = draw.choice(list(KINDS))
    return draw.choice(KINDS[kind]), draw.choice(LOOKS[kind])


# -- rules ----------------------------------------------------------------------------------------


def _past(draw: random.Random) -> _Draft:
    """He bought two books in the shop yesterday. 他昨天在商店买了两本书。"""
    who, (verb, noun) = draw.choice(SUBJECTS), _action(draw)
    when = _when(draw, verb, PAST)
    (there, 在), (things, 东西) = _place(draw, verb), _counted(draw, noun)
    return _Draft(
        f"{who.english} {verb.past} {things}{there} {when.english}.",
        f"{who.chinese}{when.chinese}{在}{verb.chinese}了{东西}。",
        (verb.base, noun.one),
    )


def _future(draw: random.Random) -> _Draft:
    """She will borrow a map tomorrow. 她明天要借一张地图。"""
    who, (verb, noun) = draw.choice(SUBJECTS), _action(draw)
    when = _when(draw, verb, FUTURE)
    (there, 在), (things, 东西) = _place(draw, verb), _counted(draw, noun)
    return _Draft(
        f"{who.english} will {verb.base} {things}{there} {when.english}.",
        f"{who.chinese}{when.chinese}要{在}{verb.chinese}{东西}。",
        (verb.base, noun.one),
    )


def _habit(draw: random.Random) -> _Draft:
    """My father drinks a cup of tea every day. 我爸爸每天喝一杯茶。"""
    who, when = draw.choice(SUBJECTS), draw.choice(HABITS)
    verb, nouns = _one_of(draw, "read", "eat", "drink")
    noun = draw.choice(nouns)
    (there, 在), (things, 东西) = _place(draw, verb), _counted(draw, noun)
    return _Draft(
        f"{who.english} {_present(who, verb)} {things}{there} {when.english}.",
        f"{who.chinese}{when.chinese}{在}{verb.chinese}{东西}。",
        (verb.base, noun.one),
    )


def _now(draw: random.Random) -> _Draft:
    """They are drawing three horses. 他们正在画三匹马。"""
    who, (verb, noun) = draw.choice(SUBJECTS), _action(draw)
    things, 东西 = _counted(draw, noun)
    return _Draft(
        f"{who.english} {_be(who)} {verb.gerund} {things}.",
        f"{who.chinese}正在{verb.chinese}{东西}。",
        (verb.base, noun.one),
    )


def _not_now(draw: random.Random) -> _Draft:
    """He did not buy any books yesterday. 他昨天没买书。"""
    who, (verb, noun) = draw.choice(SUBJECTS), _action(draw, False)
    when = _when(draw, verb, PAST)
    return _Draft(
        f"{who.english} did not {verb.base} any {noun.several} {when.english}.",
        f"{who.chinese}{when.chinese}没{verb.chinese}{noun.chinese}。",
        (verb.base, noun.one),
    )


def _never(draw: random.Random) -> _Draft:
    """She does not eat eggs. 她不吃鸡蛋。"""
    who, (verb, noun) = draw.choice(SUBJECTS), _action(draw, False)
    return _Draft(
        f"{who.english} {_do(who)} not {verb.base} {noun.several}.",
        f"{who.chinese}不{verb.chinese}{noun.chinese}。",
        (verb.base, noun.one),
    )


def _did_it(draw: random.Random) -> _Draft:
    """Did you buy a hat yesterday? 你昨天买了一顶帽子吗？"""
    who, (verb, noun) = draw.choice(SUBJECTS), _action(draw)
    when = _when(draw, verb, PAST)
    things, 东西 = _counted(draw, noun)
    return _Draft(
        f"did {who.english} {verb.base} {things} {when.english}?",
        f"{who.chinese}{when.chinese}{verb.chinese}了{东西}吗？",
        (verb.base, noun.one),
    )


def _what(draw: random.Random) -> _Draft:
    """What did he buy yesterday? 他昨天买了什么？"""
    who, (verb, _) = draw.choice(SUBJECTS), _action(draw)
    when = _when(draw, verb, PAST)
    there, 在 = _place(draw, verb)
    return _Draft(
        f"what did {who.english} {verb.base}{there} {when.english}?",
        f"{who.chinese}{when.chinese}{在}{verb.chinese}了什么？",
    )


def _where(draw: random.Random) -> _Draft:
    """Where did she buy this coat? 她是在哪儿买这件外套的？"""
    who, (verb, noun) = draw.choice(SUBJECTS), _action(draw)
    thing, 东西 = _pointed(draw, noun)
    return _Draft(
        f"where did {who.english} {verb.base} {thing}?",
        f"{who.chinese}是在哪儿{verb.chinese}{东西}的？",
        (verb.base, noun.one),
    )


def _how_many(draw: random.Random) -> _Draft:
    """How many cups of tea did they drink yesterday? 他们昨天喝了几杯茶？"""
    who, (verb, noun) = draw.choice(SUBJECTS), _action(draw)
    when = _when(draw, verb, PAST)
    return _Draft(
        f"how many {noun.several} did {who.english} {verb.base} {when.english}?",
        f"{who.chinese}{when.chinese}{verb.chinese}了几{noun.measure}{noun.chinese}？",
        (verb.base, noun.one),
    )


def _who(draw: random.Random) -> _Draft:
    """Who washed this shirt yesterday? 昨天是谁洗了这件衬衫？"""
    verb, noun = _action(draw)
    when = _when(draw, verb, PAST)
    thing, 东西 = _pointed(draw, noun)
    return _Draft(
        f"who {verb.past} {thing} {when.english}?",
        f"{when.chinese}是谁{verb.chinese}了{东西}？",
        (verb.base, noun.one),
    )


def _before(draw: random.Random) -> _Draft:
    """I have never read that novel. 我从来没看过那本小说。"""
    who = draw.choice(SUBJECTS)
    verb, nouns = _one_of(draw, "read", "borrow", "wash")
    noun = draw.choice(nouns)
    thing, 东西 = _pointed(draw, noun)
    english, chinese = draw.choice(
        (
            (f"{who.english} {_have(who)} {verb.participle} {thing} before.", "{}过{}。"),
            (f"{who.english} {_have(who)} never {verb.participle} {thing}.", "从来没{}过{}。"),
            (f"{_have(who)} {who.english} {verb.participle} {thing} before?", "{}过{}吗？"),
        )
    )
    return _Draft(english, who.chinese + chinese.format(verb.chinese, 东西), (verb.base, noun.one))


def _wish(draw: random.Random) -> _Draft:
    """She wants to sell that car. 她想卖那辆汽车。"""
    who, (verb, noun) = draw.choice(SUBJECTS), _action(draw)
    thing, 东西 = _pointed(draw, noun)
    want = "wants" if who.third else "want"
    english, chinese = draw.choice(
        (
            (f"{who.english} {want} to {verb.base} {thing}.", "想{}{}。"),
            (f"{who.english} {_do(who)} not want to {verb.base} {thing}.", "不想{}{}。"),
            (f"{_do(who)} {who.english} want to {verb.base} {thing}?", "想{}{}吗？"),
        )
    )
    return _Draft(english, who.chinese + chinese.format(verb.chinese, 东西), (verb.base, noun.one))


def _liking(draw: random.Random) -> _Draft:
    """I like deep learning. 我喜欢深度学习。"""
    who = draw.choice(SUBJECTS)
    if draw.random() < 0.5:
        verb, what = LIKING[0], draw.choice(SUBJECT_MATTERS)
        things, 东西 = what.english, what.chinese
    else:
        verb = draw.choice(LIKING)
        noun = draw.choice(READING + CLOTHES + GOODS)
        things, 东西 = _pointed(draw, noun)
    english, chinese = draw.choice(
        (
            (f"{who.english} {_present(who, verb)} {things}.", "{}{}。"),
            (f"{who.english} {_do(who)} not {verb.base} {things}.", "不{}{}。"),
            (f"{_do(who)} {who.english} {verb.base} {things}?", "{}{}吗？"),
        )
    )
    return _Draft(english, who.chinese + chinese.format(verb.chinese, 东西))


def _learning(draw: random.Random) -> _Draft:
    """The students are learning physics. 学生们正在学物理。"""
    who, what = draw.choice(SUBJECTS), draw.choice(SUBJECT_MATTERS)
    past, future = draw.choice(PAST), draw.choice(FUTURE)
    english, chinese = draw.choice(
        (
            (f"{who.english} {_be(who)} learning {what.english}.", "正在学{}。"),
            (
                f"{who.english} did not learn {what.english} {past.english}.",
                past.chinese + "没学{}。",
            ),
            (
                f"{who.english} will learn {what.english} {future.english}.",
                future.chinese + "要学{}。",
            ),
        )
    )
    return _Draft(english, who.chinese + chinese.format(what.chinese))


def _pet(draw: random.Random) -> _Draft:
    """I have a cat, and it is very cute. 我养了一只猫，它很可爱。"""
    who, animal, look = draw.choice(SUBJECTS), draw.choice(ANIMALS), draw.choice(LOOKS["animals"])
    return _Draft(
        f"{who.english} {_have(who)} {_an(animal.one)}, and it is very {look.english}.",
        f"{who.chinese}养了一{animal.measure}{animal.chinese}，它很{look.chinese}。",
    )


def _but(draw: random.Random) -> _Draft:
    """He bought a coat yesterday, but it is too big. 他昨天买了一件外套，但是它太大了。"""
    who, when = draw.choice(SUBJECTS), draw.choice(PAST)
    kind = draw.choice(("clothes", "goods"))
    noun = draw.choice(KINDS[kind])
    looks = [look for look in LOOKS[kind] if look.english in ("big", "expensive", "old")]
    look = draw.choice(looks)
    return _Draft(
        f"{who.english} bought {_an(noun.one)} {when.english}, but it is too {look.english}.",
        f"{who.chinese}{when.chinese}买了一{noun.measure}{noun.chinese}，但是它太{look.chinese}了。",
        ("buy", noun.one),
    )


def _relative(draw: random.Random) -> _Draft:
    """The book that I bought yesterday is very interesting. 我昨天买的书很有意思。"""
    who, (noun, look) = draw.choice(SUBJECTS), _described(draw)
    verb = draw.choice([verb for verb, nouns in ACTIONS if noun in nouns])
    when = _when(draw, verb, PAST)
    english, chinese = draw.choice((("is very", "很"), ("is not", "不")))
    return _Draft(
        f"the {noun.one} that {who.english} {verb.past} {when.english} {english} {look.english}.",
        f"{who.chinese}{when.chinese}{verb.chinese}的{noun.chinese}{chinese}{look.chinese}。",
        (verb.base, noun.one),
    )


def _looks(draw: random.Random) -> _Draft:
    """My coat is very beautiful. 我的外套很漂亮。"""
    noun, look = _described(draw)
    if draw.random() < 0.5:
        owner = draw.choice(OWNERS)
        thing, 东西 = f"{owner.english} {noun.one}", owner.chinese + noun.chinese
    else:
        thing, 东西 = _pointed(draw, noun)
    english, chinese = draw.choice(
        (
            (f"{thing} is very {look.english}.", "{}很{}。"),
            (f"{thing} is not {look.english}.", "{}不{}。"),
            (f"is {thing} {look.english}?", "{}{}吗？"),
        )
    )
    return _Draft(english, chinese.format(东西, look.chinese))


def _compared(draw: random.Random) -> _Draft:
    """Your computer is newer than my computer. 你的电脑比我的电脑新。"""
    more, kind = draw.choice(COMPARED)
    if kind == "people":
        persons = [who for who in SUBJECTS if " " in who.english]
        who, than = draw.choice(SUBJECTS), draw.choice(persons)
        if who is than:
            return _compared(draw)
        be, first, second = _be(who), who.english, than.english
        一, 二 = who.chinese, than.chinese
    else:
        noun = draw.choice(CLOTHES + GOODS)
        mine, yours = draw.sample(OWNERS, 2)
        be, first, second = "is", f"{mine.english} {noun.one}", f"{yours.english} {noun.one}"
        一, 二 = mine.chinese + noun.chinese, yours.chinese + noun.chinese
    return _Draft(f"{first} {be} {more.english} than {second}.", f"{一}比{二}{more.chinese}。")


# How often each rule is tried; the small ones run dry, and repeats are left out.
_RULES: dict[Callable[[random.Random], _Draft], int] = {
    _past: 6,
    _future: 4,
    _habit: 3,
    _now: 3,
    _not_now: 2,
    _never: 1,
    _did_it: 3,
    _what: 2,
    _where: 2,
    _how_many: 2,
    _who: 1,
    _before: 3,
    _wish: 3,
    _liking: 3,
    _learning: 2,
    _pet: 1,
    _but: 2,
    _relative: 4,
    _looks: 2,
    _compared: 3,
}
