"""Tests of the HTTP interface."""

import pytest

pytest.register_assert_rewrite("tests.api.steps")
