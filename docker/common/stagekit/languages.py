"""The languages that the family translates, under whisper's names for them (ISO 639-1)."""

from __future__ import annotations

from typing import NamedTuple

from stagekit.errors import InputError


class Language(NamedTuple):
    """flores: ISO 639-3 and a script, as NLLB names languages. name: as a player shows it."""

    flores: str
    name: str

    @property
    def code(self) -> str:
        """The three letters that media files carry (ISO 639-2)."""
        return {"arb": "ara"}.get(self.flores[:3], self.flores[:3])


LANGUAGES = {
    "ar": Language("arb_Arab", "Arabic"),
    "bn": Language("ben_Beng", "Bengali"),
    "de": Language("deu_Latn", "German"),
    "en": Language("eng_Latn", "English"),
    "es": Language("spa_Latn", "Spanish"),
    "fr": Language("fra_Latn", "French"),
    "gu": Language("guj_Gujr", "Gujarati"),
    "hi": Language("hin_Deva", "Hindi"),
    "it": Language("ita_Latn", "Italian"),
    "ja": Language("jpn_Jpan", "Japanese"),
    "kn": Language("kan_Knda", "Kannada"),
    "ko": Language("kor_Hang", "Korean"),
    "ml": Language("mal_Mlym", "Malayalam"),
    "mr": Language("mar_Deva", "Marathi"),
    "pa": Language("pan_Guru", "Punjabi"),
    "pt": Language("por_Latn", "Portuguese"),
    "ru": Language("rus_Cyrl", "Russian"),
    "ta": Language("tam_Taml", "Tamil"),
    "te": Language("tel_Telu", "Telugu"),
    "tr": Language("tur_Latn", "Turkish"),
    "ur": Language("urd_Arab", "Urdu"),
    "zh": Language("zho_Hans", "Chinese"),
}


def language(code: str) -> Language:
    """A language by whisper's name. Raises InputError for one that is not in the table."""
    if code not in LANGUAGES:
        raise InputError(f"no translation for the language {code!r}; there is one for {', '.join(LANGUAGES)}")
    return LANGUAGES[code]
