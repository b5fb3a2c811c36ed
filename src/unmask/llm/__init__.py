"""Language and vision models, if a setting names one: nothing here is loaded or asked otherwise."""
