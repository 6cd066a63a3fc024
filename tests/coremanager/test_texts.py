"""Texts and functions of a product, and those that all products have."""

import pytest

from simulator.api5.messages import TEXTS as DCI5
from simulator.coremanager.calls import Register
from simulator.coremanager.messages import LANGUAGES, Texts
from simulator.ispmanager.calls import TEXTS as ISP


@pytest.mark.parametrize("texts", [DCI5, ISP], ids=["api5", "ispmanager"])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_errors_of_all_products_have_their_text_in_each(texts: Texts, lang: str):
    assert texts.error("auth", "badpassword", "", lang) != texts.error("auth", "", "", lang)
    assert "nothing" in texts.error("missed", "func", "nothing", lang)
    assert texts.error("value", "anything", "", lang) != texts.error("internal", "", "", lang)
    assert texts.error("unheard of", "", "", lang) == texts.error("internal", "", "", lang)
    assert texts.word("no such word", lang) == "no such word"


def test_a_products_own_text_comes_before_the_common_one():
    assert ISP.error("missed", "user", "eve", "en") == "There is no user eve"
    assert DCI5.error("missed", "user", "eve", "en") == "There is no such user: eve"


def test_a_function_is_registered_once():
    functions: Register = Register()

    @functions.function("x", 16, "inferred", "ours")
    async def one(call): ...

    with pytest.raises(ValueError, match="x is there already"):
        functions.function("x", 16, "inferred", "ours")(one)
