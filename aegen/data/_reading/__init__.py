"""Reading what people have: `aegen.data.read` and its relatives, one kind of source a file.

A source of encoded pictures (folder, archive, parquet) is a `PictureSource`, whose files become
`ImageFiles`; tables become attributes in `attributes`; rows are held out in `holdout`.
"""
