"""A scenario as a master scenario events list: sheets that planners keep in CSV and XLSX.

Export and import are each other's inverse: what is read back is the same scenario. A list made by
hand with the usual columns is read too, with what it leaves out filled in and said. May import
`hotline.exercise.scenario` and below.
"""
