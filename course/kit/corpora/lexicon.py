"""The words of the generated corpus, with what a sentence must know of them.

Chinese counts things by measure words (一本书, two *sheets* of paper), and English bends its verbs;
so a noun has its measure word and its plural, and a verb its four forms.
"""

from typing import NamedTuple


class Subject(NamedTuple):
    """Who does it: the words, and whether English says `does` (third) or `do`."""

    english: str
    chinese: str
    third: bool


class Noun(NamedTuple):
    """A thing: one and several in English, Chinese, and the measure word that counts it."""

    one: str
    several: str
    chinese: str
    measure: str


class Verb(NamedTuple):
    """An action: its English forms, and Chinese, which has one."""

    base: str
    third: str
    past: str
    gerund: str
    participle: str
    chinese: str


class Phrase(NamedTuple):
    """A place, a time or another piece that is the same wherever it stands."""

    english: str
    chinese: str


SUBJECTS = (
    Subject("I", "我", False),
    Subject("you", "你", False),
    Subject("we", "我们", False),
    Subject("they", "他们", False),
    Subject("he", "他", True),
    Subject("she", "她", True),
    Subject("my mother", "我妈妈", True),
    Subject("my father", "我爸爸", True),
    Subject("my friend", "我朋友", True),
    Subject("her sister", "她姐姐", True),
    Subject("his grandfather", "他爷爷", True),
    Subject("our teacher", "我们老师", True),
    Subject("the doctor", "医生", True),
    Subject("the children", "孩子们", False),
    Subject("the students", "学生们", False),
    Subject("my neighbour", "我的邻居", True),
    Subject("my uncle", "我叔叔", True),
    Subject("his aunt", "他阿姨", True),
    Subject("our boss", "我们老板", True),
    Subject("the nurse", "护士", True),
    Subject("the writer", "作家", True),
    Subject("the engineer", "工程师", True),
    Subject("the driver", "司机", True),
    Subject("the cook", "厨师", True),
    Subject("the singer", "歌手", True),
    Subject("the girls", "女孩们", False),
    Subject("the boys", "男孩们", False),
)

BOOKS = (
    Noun("book", "books", "书", "本"),
    Noun("novel", "novels", "小说", "本"),
    Noun("dictionary", "dictionaries", "词典", "本"),
    Noun("magazine", "magazines", "杂志", "本"),
    Noun("textbook", "textbooks", "课本", "本"),
    Noun("comic", "comics", "漫画", "本"),
)
READING = (*BOOKS, Noun("newspaper", "newspapers", "报纸", "份"))
CLOTHES = (
    Noun("shirt", "shirts", "衬衫", "件"),
    Noun("coat", "coats", "外套", "件"),
    Noun("sweater", "sweaters", "毛衣", "件"),
    Noun("skirt", "skirts", "裙子", "条"),
    Noun("dress", "dresses", "连衣裙", "条"),
    Noun("scarf", "scarves", "围巾", "条"),
    Noun("jacket", "jackets", "夹克", "件"),
    Noun("hat", "hats", "帽子", "顶"),
)
FOOD = (
    Noun("apple", "apples", "苹果", "个"),
    Noun("egg", "eggs", "鸡蛋", "个"),
    Noun("orange", "oranges", "橙子", "个"),
    Noun("peach", "peaches", "桃子", "个"),
    Noun("pear", "pears", "梨", "个"),
    Noun("mango", "mangoes", "芒果", "个"),
    Noun("tomato", "tomatoes", "西红柿", "个"),
    Noun("potato", "potatoes", "土豆", "个"),
    Noun("dumpling", "dumplings", "饺子", "个"),
    Noun("banana", "bananas", "香蕉", "根"),
    Noun("slice of bread", "slices of bread", "面包", "片"),
    Noun("piece of cake", "pieces of cake", "蛋糕", "块"),
    Noun("bowl of rice", "bowls of rice", "米饭", "碗"),
    Noun("bowl of noodles", "bowls of noodles", "面条", "碗"),
)
DRINKS = (
    Noun("cup of tea", "cups of tea", "茶", "杯"),
    Noun("cup of coffee", "cups of coffee", "咖啡", "杯"),
    Noun("glass of water", "glasses of water", "水", "杯"),
    Noun("glass of milk", "glasses of milk", "牛奶", "杯"),
    Noun("bottle of juice", "bottles of juice", "果汁", "瓶"),
)
CHAIR = Noun("chair", "chairs", "椅子", "把")
TABLE = Noun("table", "tables", "桌子", "张")
MACHINES = (
    Noun("computer", "computers", "电脑", "台"),
    Noun("camera", "cameras", "照相机", "台"),
    Noun("phone", "phones", "手机", "部"),
    Noun("bicycle", "bicycles", "自行车", "辆"),
    Noun("car", "cars", "汽车", "辆"),
    Noun("umbrella", "umbrellas", "雨伞", "把"),
)
GOODS = (
    *MACHINES,
    CHAIR,
    TABLE,
    Noun("map", "maps", "地图", "张"),
    Noun("lamp", "lamps", "台灯", "盏"),
    Noun("watch", "watches", "手表", "块"),
    Noun("television", "televisions", "电视机", "台"),
    Noun("fridge", "fridges", "冰箱", "台"),
    Noun("clock", "clocks", "闹钟", "个"),
    Noun("backpack", "backpacks", "背包", "个"),
    Noun("bed", "beds", "床", "张"),
    Noun("mirror", "mirrors", "镜子", "面"),
    Noun("guitar", "guitars", "吉他", "把"),
    Noun("piano", "pianos", "钢琴", "架"),
)
ANIMALS = (
    Noun("cat", "cats", "猫", "只"),
    Noun("bird", "birds", "鸟", "只"),
    Noun("rabbit", "rabbits", "兔子", "只"),
    Noun("dog", "dogs", "狗", "条"),
    Noun("horse", "horses", "马", "匹"),
    Noun("cow", "cows", "牛", "头"),
)
WILD = (
    Noun("tiger", "tigers", "老虎", "只"),
    Noun("monkey", "monkeys", "猴子", "只"),
    Noun("panda", "pandas", "熊猫", "只"),
    Noun("elephant", "elephants", "大象", "头"),
)
WRITTEN = (
    Noun("letter", "letters", "信", "封"),
    Noun("novel", "novels", "小说", "本"),
    Noun("poem", "poems", "诗", "首"),
    Noun("report", "reports", "报告", "份"),
)

# What can be done to what.
ACTIONS = (
    (Verb("read", "reads", "read", "reading", "read", "看"), READING),
    (Verb("eat", "eats", "ate", "eating", "eaten", "吃"), FOOD),
    (Verb("drink", "drinks", "drank", "drinking", "drunk", "喝"), DRINKS),
    (Verb("wash", "washes", "washed", "washing", "washed", "洗"), CLOTHES),
    (Verb("buy", "buys", "bought", "buying", "bought", "买"), READING + CLOTHES + GOODS + FOOD),
    (Verb("sell", "sells", "sold", "selling", "sold", "卖"), CLOTHES + GOODS),
    (Verb("draw", "draws", "drew", "drawing", "drawn", "画"), ANIMALS + WILD),
    (Verb("write", "writes", "wrote", "writing", "written", "写"), WRITTEN),
    (Verb("repair", "repairs", "repaired", "repairing", "repaired", "修"), (*MACHINES, CHAIR)),
    (Verb("clean", "cleans", "cleaned", "cleaning", "cleaned", "擦"), (CHAIR, TABLE)),
    (Verb("choose", "chooses", "chose", "choosing", "chosen", "选"), CLOTHES + GOODS),
    (
        Verb("look for", "looks for", "looked for", "looking for", "looked for", "找"),
        READING + GOODS,
    ),
    (Verb("borrow", "borrows", "borrowed", "borrowing", "borrowed", "借"), READING + MACHINES),
)
LIKING = (
    Verb("like", "likes", "liked", "liking", "liked", "喜欢"),
    Verb("want", "wants", "wanted", "wanting", "wanted", "想要"),
    Verb("need", "needs", "needed", "needing", "needed", "需要"),
)
SUBJECT_MATTERS = (
    Phrase("deep learning", "深度学习"),
    Phrase("machine learning", "机器学习"),
    Phrase("mathematics", "数学"),
    Phrase("physics", "物理"),
    Phrase("history", "历史"),
    Phrase("music", "音乐"),
    Phrase("chemistry", "化学"),
    Phrase("geography", "地理"),
    Phrase("philosophy", "哲学"),
    Phrase("law", "法律"),
    Phrase("statistics", "统计学"),
    Phrase("economics", "经济学"),
    Phrase("programming", "编程"),
    Phrase("French", "法文"),
    Phrase("German", "德文"),
    Phrase("Japanese", "日文"),
    Phrase("dancing", "跳舞"),
    Phrase("Chinese", "中文"),
    Phrase("English", "英文"),
    Phrase("painting", "画画"),
    Phrase("swimming", "游泳"),
    Phrase("singing", "唱歌"),
    Phrase("cooking", "做饭"),
)
PLACES = {
    "at home": "在家",
    "at school": "在学校",
    "in the shop": "在商店",
    "in the library": "在图书馆",
    "in the garden": "在花园里",
    "in the park": "在公园",
    "in Beijing": "在北京",
    "in Shanghai": "在上海",
    "in London": "在伦敦",
    "in Paris": "在巴黎",
    "at the market": "在市场",
    "in the office": "在办公室",
    "in the restaurant": "在饭馆",
    "at the station": "在车站",
    "in the classroom": "在教室",
}
_OF_MEALS = (
    "at home",
    "at school",
    "in the garden",
    "in the park",
    "in the office",
    "in the restaurant",
    "at the station",
)
_OF_TRADE = ("in the shop", "in Beijing", "in Shanghai", "in London", "in Paris", "at the market")
# Where each action may take place.
PLACES_OF = {
    "read": (
        "at home",
        "at school",
        "in the library",
        "in the garden",
        "in the park",
        "in the office",
        "at the station",
        "in the classroom",
    ),
    "eat": _OF_MEALS,
    "drink": _OF_MEALS,
    "wash": ("at home", "at school"),
    "buy": _OF_TRADE,
    "sell": _OF_TRADE,
    "draw": ("at home", "at school", "in the garden", "in the park", "in the classroom"),
    "write": ("at home", "at school", "in the library", "in the office", "in the classroom"),
    "repair": ("at home", "at school", "in the shop", "in the office"),
    "clean": ("at home", "at school", "in the restaurant", "in the classroom"),
    "choose": ("in the shop", "in London", "in Paris", "at the market"),
    "look for": (
        "at home",
        "at school",
        "in the shop",
        "at the market",
        "in the office",
        "at the station",
    ),
    "borrow": ("at school", "in the library", "in the office"),
}
PAST = (
    Phrase("yesterday", "昨天"),
    Phrase("last night", "昨晚"),
    Phrase("last week", "上个星期"),
    Phrase("last year", "去年"),
    Phrase("last month", "上个月"),
    Phrase("last summer", "去年夏天"),
    Phrase("three days ago", "三天前"),
    Phrase("this morning", "今天早上"),
)
FUTURE = (
    Phrase("tomorrow", "明天"),
    Phrase("next week", "下个星期"),
    Phrase("next year", "明年"),
    Phrase("tonight", "今晚"),
    Phrase("next month", "下个月"),
    Phrase("this weekend", "这个周末"),
)
HABITS = (
    Phrase("every day", "每天"),
    Phrase("every week", "每个星期"),
    Phrase("every morning", "每天早上"),
    Phrase("every evening", "每天晚上"),
    Phrase("every weekend", "每个周末"),
)
EVERYDAY = ("read", "eat", "drink", "wash", "clean")
NEAR = (
    *("yesterday", "last night", "this morning", "three days ago"),
    *("tomorrow", "tonight", "this weekend"),
)
NUMBERS = (
    Phrase("two", "两"),
    Phrase("three", "三"),
    Phrase("four", "四"),
    Phrase("five", "五"),
    Phrase("six", "六"),
    Phrase("ten", "十"),
)
OWNERS = (
    Phrase("my", "我的"),
    Phrase("your", "你的"),
    Phrase("his", "他的"),
    Phrase("her", "她的"),
    Phrase("our", "我们的"),
    Phrase("their", "他们的"),
)
LOOKS = {
    "reading": (
        Phrase("interesting", "有意思"),
        Phrase("expensive", "贵"),
        Phrase("boring", "无聊"),
        Phrase("difficult", "难"),
        Phrase("thick", "厚"),
    ),
    "clothes": (
        Phrase("beautiful", "漂亮"),
        Phrase("cheap", "便宜"),
        Phrase("big", "大"),
        Phrase("long", "长"),
        Phrase("expensive", "贵"),
    ),
    "goods": (
        Phrase("cheap", "便宜"),
        Phrase("expensive", "贵"),
        Phrase("heavy", "重"),
        Phrase("old", "旧"),
        Phrase("new", "新"),
    ),
    "animals": (
        Phrase("cute", "可爱"),
        Phrase("clever", "聪明"),
        Phrase("lazy", "懒"),
        Phrase("fat", "胖"),
        Phrase("small", "小"),
        Phrase("quiet", "安静"),
    ),
}
KINDS = {"reading": BOOKS, "clothes": CLOTHES, "goods": GOODS, "animals": ANIMALS}
COMPARED = (
    (Phrase("taller", "高"), "people"),
    (Phrase("younger", "年轻"), "people"),
    (Phrase("busier", "忙"), "people"),
    (Phrase("stronger", "强壮"), "people"),
    (Phrase("happier", "开心"), "people"),
    (Phrase("cheaper", "便宜"), "things"),
    (Phrase("more expensive", "贵"), "things"),
    (Phrase("newer", "新"), "things"),
    (Phrase("bigger", "大"), "things"),
    (Phrase("heavier", "重"), "things"),
    (Phrase("lighter", "轻"), "things"),
)
