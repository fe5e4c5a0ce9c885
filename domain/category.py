"""What a matter can be about (事项类别): the example catalogue (示例) until a town brings its own."""

from collections.abc import Mapping
from typing import NamedTuple

from domain.errors import UnknownCategory


class Category(NamedTuple):
    """One kind of matter."""

    code: str
    name: str


CATEGORIES = {
    code: Category(code, name)
    for code, name in (
        ("road_damage", "道路破损"),
        ("street_light", "路灯不亮"),
        ("drain", "下水堵塞"),
        ("manhole", "井盖缺失"),
        ("water_supply", "供水"),
        ("power_supply", "供电"),
        ("heating", "供热"),
        ("garbage", "垃圾清运"),
        ("stall", "占道经营"),
        ("parking", "乱停车"),
        ("traffic_facility", "交通设施"),
        ("noise", "噪声"),
        ("illegal_building", "违章搭建"),
        ("property_service", "物业服务"),
        ("elevator", "电梯"),
        ("fire_safety", "消防隐患"),
        ("food_safety", "食品安全"),
        ("consumer", "消费纠纷"),
        ("sanitation", "公共卫生"),
        ("elderly_care", "养老助残"),
        ("hardship", "困难救助"),
        ("dispute", "邻里纠纷"),
        ("greening", "绿化树木"),
        ("dog", "犬只管理"),
        ("other", "其他"),
    )
}


def check_category(category: str, known: Mapping[str, Category]) -> None:
    """Refuse a category that the catalogue in force, whose categories are `known`, does not have."""
    if category not in known:
        raise UnknownCategory(category=category[:50])
