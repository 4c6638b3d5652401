"""What is to happen in an exercise, by whom, when, and what is expected of it: one file.

In goes YAML (`reading`), out comes a `shape.Scenario`, or every mistake with its line and column;
`writing` goes the other way, `schema` says the file's form for editors. May import
`hotline.model`, `hotline.formats` and `hotline.errors`. Nothing of a run is in a scenario.
"""
