"""The environment sets every setting, and a mistake in it is told."""

from __future__ import annotations

from dataclasses import fields

import pytest
from pydantic import ValidationError

from app.settings import ServiceLimits, Settings


@pytest.mark.parametrize("limit", [field.name for field in fields(ServiceLimits)])
def test_every_limit_has_its_variable(limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"GRADSERVE_MAX_{limit.upper()}", "7")
    limits = Settings().max
    assert getattr(limits, limit) == 7
    others = [field.name for field in fields(ServiceLimits) if field.name != limit]
    assert [getattr(limits, other) for other in others] == [getattr(ServiceLimits(), other) for other in others]


def test_the_rest_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in [("HOST", "::1"), ("PORT", "0"), ("LOG_LEVEL", "debug"), ("THREADS", "3"), ("INLINE_WORK", "9")]:
        monkeypatch.setenv(f"GRADSERVE_{name}", value)
    settings = Settings()
    assert (settings.host, settings.port, settings.log_level) == ("::1", 0, "debug")
    assert (settings.threads, settings.inline_work) == (3, 9)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("GRADSERVE_PORT", "65536"),
        ("GRADSERVE_PORT", "http"),
        ("GRADSERVE_LOG_LEVEL", "loud"),
        ("GRADSERVE_THREADS", "0"),
        ("GRADSERVE_MAX_SOURCE_BYTES", "0"),
        ("GRADSERVE_MAX_SOURCE_BYTES", "-1"),
        ("GRADSERVE_MAX_SOURCE_BYTES", "64k"),
        ("GRADSERVE_MAX_EVALUATION_SECONDS", "0"),
        ("GRADSERVE_MAX_SORCE_BYTES", "10"),
    ],
)
def test_a_wrong_setting_is_refused(variable: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ValidationError):
        Settings()
