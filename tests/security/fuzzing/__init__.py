"""Coverage-guided fuzzing of everything that decodes bytes or text from outside.

`target` says what a target is, `of_the_wire`, `of_records`, `of_files` and `of_requests` are the
targets by room, `table` holds them all and why the remaining decoders have none, `decoders` finds
what there is to fuzz in the product's own code, `corpus` keeps the inputs, `running` runs atheris.
"""
