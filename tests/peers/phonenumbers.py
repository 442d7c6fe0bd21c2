"""Compares the twin's reading of phone numbers with Google's libphonenumber as ported to Python.

    cargo run -q -p twin --example phones | python tests/peers/phonenumbers.py

Needs the PyPI package `phonenumbers`, best of the metadata version of the crate `rlibphonenumber` (9.0.42
for 2.2.15): ranges come and go between versions. Reads lines `input<TAB>home<TAB>result`, where `home` is
a region, or `-` for strict E.164, and `result` is `<E.164> <region> ordinary|premium` or `-` for a refusal.
Prints what differs and then `N passed, N failed`; the exit status is 1 if any failed.
"""

import os
import re
import sys

# This file is named after the package: keep its own directory out of the search for it.
sys.path = [p for p in sys.path if os.path.abspath(p or ".") != os.path.dirname(os.path.abspath(__file__))]

import phonenumbers  # noqa: E402
from phonenumbers import PhoneNumberType as Type  # noqa: E402

ORDINARY = {Type.FIXED_LINE, Type.MOBILE, Type.FIXED_LINE_OR_MOBILE, Type.VOIP, Type.TOLL_FREE}
KEYPAD = {letter: digit for digit, letters in enumerate(
    ["abc", "def", "ghi", "jkl", "mno", "pqrs", "tuv", "wxyz"], start=2) for letter in letters}
WITHHELD = {"".join(str(KEYPAD[c]) for c in word) for word in [
    "anonymous", "blocked", "private", "restricted", "unavailable", "unknown", "withheld"]}
STRICT = re.compile(r"\+[0-9]{7,15}")
WRITTEN = re.compile(r"[ ()./\u00a0\u202f\u2010-\u2013-]*\+?[0-9 ()./\u00a0\u202f\u2010-\u2013-]*")


def read(text, home):
    """What the twin should make of `text`: the result column."""
    if home != "-":
        if not WRITTEN.fullmatch(text) or "(0)" in text.replace(" ", ""):
            return "-"
        digits = re.sub(r"[^0-9+]", "", text)
        if digits.startswith("+"):
            text, home = digits, "-"
    if home == "-" and not STRICT.fullmatch(text):
        return "-"
    try:
        number = phonenumbers.parse(text, None if home == "-" else home)
    except phonenumbers.NumberParseException:
        return "-"
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return "-"
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    withheld = e164[1:] in WITHHELD or e164[1:].removeprefix("1") in WITHHELD
    if not phonenumbers.is_valid_number(number) or withheld or (home == "-" and e164 != text):
        return "-"
    pay_per_call = e164.startswith("+1") and e164[5:8] == "976"
    ordinary = phonenumbers.number_type(number) in ORDINARY and not pay_per_call
    return f"{e164} {phonenumbers.region_code_for_number(number)} {'ordinary' if ordinary else 'premium'}"


def main():
    passed = failed = 0
    for line in sys.stdin:
        text, home, result = line.rstrip("\n").split("\t")
        expected = read(text, home)
        if result == expected:
            passed += 1
        else:
            failed += 1
            print(f"{text}\t{home}\t{result}\tbut phonenumbers {phonenumbers.__version__} says {expected}")
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


main()
