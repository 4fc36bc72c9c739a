"""How good a model is: questions, the judge, the measures."""
