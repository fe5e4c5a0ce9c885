"""The catalogue (事项目录): category → filing condition → limit → closing condition → department."""

from domain.catalogue.catalogue import Adopt, Catalogue, CatalogueAdopted, CatalogueBegun
from domain.catalogue.limits import PLAIN, ReadLimit, read_limit
from domain.catalogue.proposal import MOST, Proposal, Reason, propose
from domain.catalogue.rule import Rule, numbered
from domain.catalogue.version import (
    EXAMPLE,
    Version,
    Versions,
    as_known_now,
    in_force,
    rule_of,
    standing_on,
)

__all__ = [
    "EXAMPLE",
    "MOST",
    "PLAIN",
    "Adopt",
    "Catalogue",
    "CatalogueAdopted",
    "CatalogueBegun",
    "Proposal",
    "ReadLimit",
    "Reason",
    "Rule",
    "Version",
    "Versions",
    "as_known_now",
    "in_force",
    "numbered",
    "propose",
    "read_limit",
    "rule_of",
    "standing_on",
]
