"""Lets the builder's own assertions explain themselves."""

import pytest

pytest.register_assert_rewrite("tests.domain.given")
