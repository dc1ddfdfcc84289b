"""What the end-to-end tests stand on: a running Portico, a real Chromium, and the checks that every page
must pass. It knows no ticket and no invoice; the tests beside it do.
"""
