"""CSV files: from bytes on disk to numbered records that DuckDB reads in parallel without an error.

`survey` reads a file once and is the single authority on what a record is; DuckDB only splits good records into cells.
"""

from headcount.csvfile.description import CsvFile
from headcount.csvfile.dialect import Dialect
from headcount.csvfile.encoding import Encoding
from headcount.csvfile.ends import Ends
from headcount.csvfile.scan import survey

__all__ = ["CsvFile", "Dialect", "Encoding", "Ends", "survey"]
