"""Xet: files as lists of chunks, chunks packed in xorbs. Formats, verification, reconstruction."""
