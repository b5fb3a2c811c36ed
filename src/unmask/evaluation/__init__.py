"""How good the answers are: files of known truth analysed, measured, compared. Start reading at `evaluate.py`."""
