"""Tests of the `whistle` command, run as people run it."""

import pytest

pytest.register_assert_rewrite("tests.command_line.whistle")
