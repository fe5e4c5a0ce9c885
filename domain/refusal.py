"""What a refusal is: a class whose docstring is the message, with the facts it is raised with."""

import inspect
from typing import Any

OUR_WORDS = ("who", "verb", "why", "needed", "what", "often")
"""Facts that are said in our words; all others may be what somebody wrote."""
LONGEST_FACT = 50
"""Characters of what somebody wrote that a sentence repeats."""


class Refusal(Exception):
    """The request was refused."""

    def __init__(self, **facts: Any) -> None:
        self.facts = {name: fact if name in OUR_WORDS else _cut(fact) for name, fact in facts.items()}
        super().__init__(inspect.cleandoc(type(self).__doc__ or "").format(**self.facts))


def _cut(fact: Any) -> Any:
    return fact[:LONGEST_FACT] if isinstance(fact, str) else fact
