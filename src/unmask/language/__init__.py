"""The languages of the report and the narrative: catalogues of translations, numbers, times and the way of writing."""

from unmask.language.catalogue import ENGLISH, LANGUAGES, Language, marked, translate

__all__ = ["ENGLISH", "LANGUAGES", "Language", "marked", "translate"]
