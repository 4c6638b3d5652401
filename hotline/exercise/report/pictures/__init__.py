"""Pictures of an exercise as shapes with places: the template only writes them down as SVG."""
