"""Two records side by side: what each says that the other does not (``docs/spec/reconcile.md``)."""
