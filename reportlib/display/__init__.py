"""Frames -> what people see: charts, tables, sentences, workbooks, and how things show themselves.

Frames come in; figures, tables, sentences and workbooks go out. It opens no report and computes no indicator.
"""
