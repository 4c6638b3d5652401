"""The scenarios that are shipped, and the sample letter that they are played under."""
