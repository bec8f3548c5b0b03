"""The post-mortem draft and the other export formats."""
