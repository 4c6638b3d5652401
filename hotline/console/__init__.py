"""The duty officer's and the auditor's web pages, served by each centre to its own people only.

A process of its own: it speaks with the node through `hotline.api.client` alone, holds no signing
key, and whatever it renders never holds the line's loop.
"""
