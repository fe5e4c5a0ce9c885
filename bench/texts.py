"""What people write, in any number: descriptions of some 60 to 110 characters, put together from clauses."""

from random import Random

WHERE = (
    "云杉小区三号楼西侧", "林语家园正门外", "松江河桥头北岸", "人参路与长白街交口", "城北早市东口",
    "第二小学后墙根", "南关老粮库院内", "东北社区广场边", "滨河步道二百米处", "卫生院停车场", "客运站出站口",
    "西关菜窖旁", "抚松大街百货楼前", "白桦苑五栋与六栋之间", "老林业局家属院",
    "供热站围墙外", "城内老井胡同", "仙人湖木栈道",
)  # fmt: skip
WHAT = (
    "路面塌了一块,坑有半米宽", "下水井往外返水,污水流了一地", "路灯连着四盏不亮", "变压器嗡嗡响,夜里更厉害",
    "垃圾桶满了没人收,袋子堆到路中间", "摊位把人行道占得只剩一条缝", "自来水发黄,放十分钟也不清",
    "有人把车停在消防通道上", "井盖被压裂,一角翘起来", "楼顶违建又加了一层板房", "暖气管漏水,楼道里全是冰",
    "一条大黄狗没有牵绳,追着孩子跑", "枯树斜靠在电线上,风一吹就晃", "化粪池满了,一楼住户门都不敢开",
)  # fmt: skip
SINCE = (
    "已经有一个星期了", "从上个月底就这样", "昨天夜里开始的", "每逢下雨就来一回",
    "开春以来没有断过", "问了几次都说在排期", "前年修过一次,没撑过冬天", "早晚高峰最明显",
)  # fmt: skip
HARM = (
    "老人出门要绕一大圈,前天有位大娘险些摔倒", "孩子上学必须从这里过,家长都不放心",
    "一楼三户人家开不了窗,晚饭都吃不安生", "骑电动车的看不清,这周已经摔了两个人",
    "两边商户为这事吵过好几回", "冬天结了冰更危险,救护车也开不进来",
    "邻居们自己垫过沙子,一场雨又冲走了",
    "物业说不归他们管,找谁都是往外推", "附近还有幼儿园,人来人往实在不安全",
)  # fmt: skip
WISH = (
    "请尽快派人到现场看一看", "希望入冬之前能修好", "麻烦给个准信,到底归哪家管", "能不能先围起来,别再伤着人",
    "盼着几个部门一起来,一次弄利索", "修好以后请告诉我一声", "照片已经拍了,需要的话可以带路",
)  # fmt: skip
TITLES = ("请求维修", "反映情况", "需要处置", "存在隐患", "影响出行", "影响居住")


class Texts:
    """Titles, addresses and descriptions, the same for the same seed."""

    def __init__(self, random: Random) -> None:
        self._choice = random.choice

    def matter(self) -> tuple[str, str, str]:
        """A title, a description and an address that belong together."""
        choice = self._choice
        where, what, harm = choice(WHERE), choice(WHAT), choice(HARM)
        other = choice(HARM)
        also = "" if other == harm else f"{other}。"
        description = f"{where}{what},{choice(SINCE)}。{harm}。{also}{choice(WISH)},{choice(WISH)}。"
        return f"{where}{what[:8]}{choice(TITLES)}", description, where
