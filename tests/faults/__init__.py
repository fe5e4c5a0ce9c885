"""Tests that kill what runs."""
