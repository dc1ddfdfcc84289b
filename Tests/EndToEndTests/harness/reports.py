"""What pytest reports of a failure, in every suite that runs the product: imported into its conftest.py."""

import pytest

from harness.portico import Portico


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failure shows what the running processes last wrote."""
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for portico in Portico.running:
            report.sections.append((f"last lines of {portico.log_path.name}", portico.log_tail()))
