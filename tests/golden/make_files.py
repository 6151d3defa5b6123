"""Makes the ugly files of `files/`: `python tests/golden/make_files.py`. The name of a file says what is wrong with it."""

from __future__ import annotations

import codecs
import gzip
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

FOLDER = Path(__file__).parent / "files"

PLAIN = b"identity,city\n1,Oslo\n2,Bergen\n"
FRENCH = "identity,city\n1,Orléans à côté\n2,Besançon\n3,Nîmes\n"
RUSSIAN = "identity,city\n1,Санкт-Петербург\n2,Нижний Новгород\n3,Привет Иван\n"
JAPANESE = "identity,city\n1,山田太郎さんは東京に住んでいます\n2,ひらがなとカタカナ\n"
CHINESE = "identity,city\n1,我们在北京的公司有很多客户\n2,请填写您的姓名和地址\n"
TAIWANESE = "identity,city\n1,我們在台北的公司有很多客戶\n2,請填寫您的姓名和地址\n"
KOREAN = "identity,city\n1,서울에 사는 고객의 이름\n2,주소를 입력하세요\n"

PLACEHOLDERS = ["undefined", "NULL", "Na", "n/a", "0", "nil", "-1", "Infinity", "-inf", "NaN", "empty", "xxxxxx", "None"]

#: More than the size that the cases are tried with.
TOO_LARGE = 5_000_000


def lines(*texts: str) -> bytes:
    """A file of these lines."""
    return "".join(f"{text}\n" for text in texts).encode()


def zipped(members: Mapping[str, bytes]) -> bytes:
    """A zip archive that is the same whenever it is made."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def gzipped(data: bytes) -> bytes:
    """A gzip member without a time."""
    return gzip.compress(data, mtime=0)


def encrypted(archive: bytes) -> bytes:
    """The archive with the mark of a password, in the member and in the directory."""
    marked = bytearray(archive)
    marked[6] |= 1
    marked[archive.index(b"PK\x01\x02") + 8] |= 1
    return bytes(marked)


def lying(archive: bytes, size: int) -> bytes:
    """The archive with another unpacked size in its directory."""
    marked = bytearray(archive)
    at = archive.index(b"PK\x01\x02") + 24
    marked[at : at + 4] = size.to_bytes(4, "little")
    return bytes(marked)


def wide(columns: int) -> bytes:
    """A file of so many new properties."""
    rows = (["identity", *(f"p{i}" for i in range(columns - 1))], *([str(row)] * columns for row in (1, 2)))
    return lines(*map(",".join, rows))


DIALECTS = {
    "comma.csv": PLAIN,
    "semicolon.csv": b"identity;city\n1;Oslo\n2;Bergen\n",
    "semicolon-commas-in-text.csv": b"identity;note\n1;red, green, blue\n2;one, two, three\n3;x, y, z\n",
    "semicolon-decimal-comma.csv": b"identity;price;sum\n1;2,50;10,0\n2;3,75;11,5\n3;0,99;12,0\n",
    "tab.csv": b"identity\tcity\n1\tOslo\n2\tBergen\n",
    "tab-commas-in-text.csv": b"identity\tnote\n1\tred, green\n2\tone, two\n3\tx, y\n",
    "pipe.csv": b"identity|city|note\n1|Oslo|a, b\n2|Bergen|c; d\n",
    "sep-line.csv": b"sep=;\nidentity;city\n1;Oslo, N\n2;Bergen, N\n",
    "sep-line-bom-crlf.csv": codecs.BOM_UTF8 + b"sep=;\r\nidentity;city\r\n1;Oslo\r\n",
    "sep-line-only.csv": b"sep=;\n",
    "one-column.csv": b"identity\nann\nben\ncleo\n",
    "one-column-quoted.csv": b'"identity"\n"ann; bee"\n"ben"\n',
    "six-hundred-columns.csv": wide(600),
    "columns-at-limit.csv": wide(257),
    "columns-over-limit.csv": wide(258),
    "given-delimiter.csv": b"identity,x;city\n1,a;Oslo\n2,b;Bergen\n",
    "given-delimiter-wrong.csv": PLAIN,
}

LINES = {
    "crlf.csv": b"identity,city\r\n1,Oslo\r\n2,Bergen\r\n",
    "cr.csv": b"identity,city\r1,Oslo\r2,Bergen\r",
    "mixed-line-ends.csv": b"identity,city\n1,Oslo\r\n2,Bergen\r3,Troms\xc3\xb8\n",
    "no-final-newline.csv": b"identity,city\n1,Oslo\n2,Bergen",
    "no-final-newline-crlf.csv": b"identity,city\r\n1,Oslo\r\n2,Bergen",
    "leading-blank-lines.csv": b"\n\nidentity,city\n1,Oslo\n2\n",
    "trailing-blank-lines.csv": b"identity,city\n1,Oslo\n\n\n\n",
    "whitespace-only-lines.csv": b"identity,city\n   \n1,Oslo\n \t \n2,Bergen\n",
    "blank-lines-between.csv": b"identity,city\r\n\r\n1,Oslo\r\n\r\n2,Bergen,\r\n3,Bod\xc3\xb8\r\n",
    "delimiters-only-rows.csv": b"identity,city\n,\n1,Oslo\n,,\n",
    "long-cell.csv.gz": gzipped(b"identity,note,city\n1," + b"long " * 400_000 + b",Oslo\n2,short,Bergen\n"),
    "long-cell-quoted-lines.csv.gz": gzipped(b'identity,note\n1,"' + b"line\n" * 200_000 + b'"\n2,short\n3\n'),
    "long-line.csv.gz": gzipped(b"identity,city\n1," + b"x," * 1_000_000 + b"\n2,Bergen\n"),
    "value-at-limit.csv": b"identity,note\n1," + b"a" * 512 + b"\n2," + b"b" * 513 + b"\n3," + "é".encode() * 512 + b"\n",
}

QUOTES = {
    "quoted-delimiters.csv": b'identity,city\n1,"Oslo, Norway"\n"2","Bergen, Norway"\n',
    "quoted-line-breaks.csv": b'identity,note,n\n1,"first\nsecond",1\n2,"a\n\nb",2\n3,c\n4,d,4\n',
    "quoted-crlf-in-lf-file.csv": b'identity,note\n1,"first\r\nsecond"\n2,b\n',
    "doubled-quotes.csv": b'identity,note\n1,"say ""hi"" now"\n2,""""\n3,"""x"""\n',
    "backslash-quotes.csv": b'identity,note\n1,"say \\"hi\\", now"\n2,"C:\\\\dir"\n3,"\\"x\\", y"\n',
    "backslash-is-text.csv": b'identity,note\n1,"C:\\dir\\"\n2,a\\b\n',
    "apostrophe-quotes.csv": b"identity,note\n'1','Oslo, Norway'\n'2','it''s, well, fine'\n",
    "apostrophes-in-text.csv": b"identity,name\n1,O'Brien\n2,D'Arcy\n3,'tis\n",
    "apostrophe-quotes-with-apostrophes.csv": b"identity,name\n'1','O''Brien, Pat'\n'2','D''Arcy, Ann'\n'3','Smith'\n",
    "quotes-within-text.csv": b'identity,note\n1,5" disk\n2,a "b" c\n',
    "stray-quote.csv": b'identity,city\n1,"Oslo"x\n2,Bergen\n3,"a" "b"\n',
    "unclosed-first-row.csv": b'identity,city\n1,"Oslo\n2,Bergen\n3,Troms\xc3\xb8\n',
    "unclosed-middle-row.csv": b'identity,city\n1,Oslo\n2,"Bergen\n3,Hamar\n4,Moss\n',
    "unclosed-last-row.csv": b'identity,city\n1,Oslo\n2,"Bergen\n',
    "unclosed-last-row-no-newline.csv": b'identity,city\n1,Oslo\n2,"Bergen',
    "unclosed-then-quoted.csv": b'identity,city\n1,"Oslo\n2,"Bergen"\n3,"Hamar"\n4,"Moss"\n',
    "unclosed-then-multi-line.csv": b'identity,note\n1,"open\n2,"first\nsecond"\n3,c\n4\n',
    "unclosed-twice.csv": b'identity,city\n1,"Oslo\n2,Bergen\n3,"Hamar\n4,Moss\n',
    "unclosed-header.csv": b'identity,"city\n1,Oslo\n2,Bergen\n',
    "unclosed-crlf.csv": b'identity,city\r\n1,"Oslo\r\n2,Bergen\r\n',
}

ENCODINGS = {
    "utf8.csv": FRENCH.encode(),
    "utf8-bom.csv": codecs.BOM_UTF8 + FRENCH.encode(),
    "utf8-bom-quoted-header.csv": codecs.BOM_UTF8 + b'"identity","city"\n"1","Oslo"\n',
    "utf16-le-bom.csv": codecs.BOM_UTF16_LE + FRENCH.encode("utf-16-le"),
    "utf16-be-bom-tab.csv": codecs.BOM_UTF16_BE + FRENCH.replace(",", "\t").encode("utf-16-be"),
    "utf16-le.csv": FRENCH.encode("utf-16-le"),
    "utf16-be.csv": FRENCH.encode("utf-16-be"),
    "utf16-odd-byte.csv": codecs.BOM_UTF16_LE + PLAIN.decode().encode("utf-16-le") + b"3",
    "windows-1252.csv": "identity,note\n1,5 € “extra”\n2,café crème\n".encode("cp1252"),
    "iso-8859-1.csv": FRENCH.encode("iso-8859-1"),
    "given-iso-8859-1.csv": FRENCH.encode("iso-8859-1"),
    "windows-1251.csv": RUSSIAN.encode("cp1251"),
    "shift-jis.csv": JAPANESE.encode("shift_jis"),
    "gb18030.csv": CHINESE.encode("gb18030"),
    "big5.csv": TAIWANESE.encode("big5"),
    "euc-kr.csv": KOREAN.encode("euc_kr"),
    "given-encoding.csv": "identity,city\n1,Zürich\n".encode("cp850"),
    "given-encoding-wrong.csv": FRENCH.encode("iso-8859-1"),
    "mixed-encodings.csv": FRENCH.encode() + "4,Besançon\n".encode("latin-1") + b"5,Lyon\n",
    "nul-byte.csv": b"identity,city\n1,Os\0lo\n2,Bergen\n",
    "nul-padding.csv": b"identity,city\n1,Oslo\n" + bytes(64),
    "emoji.csv": "identity,note 🎉\n1,👩‍👩‍👧‍👦 family\n👍,🇳🇴\n".encode(),
    "right-to-left.csv": "identity,name\n1,مرحبا بالعالم\n2,שלום עולם\n".encode(),
    "combined-letters.csv": "identity,name\ncafe\u0301,Zoe\u0308\ncaf\u00e9,Zo\u00eb\n".encode(),
    "no-break-spaces.csv": "identity,city\n\u00a01\u00a0,\u00a0Oslo\u00a0\n\u00a0,Bergen\n".encode(),
    "line-separator-in-cell.csv": "identity,note\n1,a\u2028b\n2,c\x85d\n3,e\x0bf\n".encode(),
}

CONTAINERS = {
    "empty.csv": b"",
    "blank-only.csv": b"  \n\t\n\r\n  ",
    "bom-only.csv": codecs.BOM_UTF8,
    "header-only.csv": b"identity,city\n",
    "header-only-no-newline.csv": b"identity,city",
    "header-only-bom.csv": codecs.BOM_UTF8 + b"identity,city\n",
    "gzip.csv.gz": gzipped(PLAIN),
    "gzip-two-members.csv.gz": gzipped(PLAIN[:20]) + gzipped(PLAIN[20:]),
    "gzip-truncated.csv.gz": gzipped(PLAIN)[:-10],
    "gzip-called-csv.csv": gzipped(PLAIN),
    "gzip-of-nothing.csv.gz": gzipped(b""),
    "gzip-of-gzip.csv.gz": gzipped(gzipped(PLAIN)),
    "gzip-bomb.csv.gz": gzipped(bytes(TOO_LARGE)),
    "zip.zip": zipped({"people.csv": PLAIN}),
    "zip-with-litter.zip": zipped({"a/people.csv": PLAIN, "__MACOSX/a/._people.csv": b"\0\5", "a/.DS_Store": b"x"}),
    "zip-two-tables.zip": zipped({"a.csv": PLAIN, "b.csv": PLAIN}),
    "zip-of-nothing.zip": zipped({}),
    "zip-encrypted.zip": encrypted(zipped({"people.csv": PLAIN})),
    "zip-bomb.zip": zipped({"people.csv": b"identity\n" + b"a\n" * (TOO_LARGE // 2)}),
    "zip-bomb-lying.zip": lying(zipped({"people.csv": b"identity\n" + b"a\n" * (TOO_LARGE // 2)}), 20),
    "zip-truncated.zip": zipped({"people.csv": PLAIN})[:60],
    "png.csv": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(64)),
    "pdf.csv": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\n",
    "xlsx.csv": zipped({"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>"}),
    "exe.csv": b"MZ\x90\0\3\0\0\0\4\0\0\0\xff\xff\0\0\xb8" + bytes(47) + b"This program cannot be run in DOS mode.\r\r\n$" + bytes(8),
    "html.csv": b"<!DOCTYPE html>\n<html><body>Sign in, please</body></html>\n",
}

HEADERS = {
    "header-multi-line.csv": b'identity,"home\ncity",n\n1,Oslo,1\n2,Bergen\n',
    "header-trimmed.csv": b" identity , city \n1,Oslo\n",
    "header-blank.csv": b"identity,,city\n1,x,Oslo\n",
    "header-duplicate.csv": b"identity,city,city\n1,Oslo,Bergen\n",
    "header-prohibited.csv": b"identity,disc%,a.b,x&y,#1,what!\n1,a,b,c,d,e\n",
    "header-too-long.csv": b"identity," + b"h" * 121 + b"," + b"k" * 120 + b"\n1,a,b\n",
    "header-trailing-delimiter.csv": b"identity,city,\n1,Oslo,\n2,Bergen,\n",
    "rows-trailing-delimiter.csv": b"identity,city\n1,Oslo,\n2,Bergen,\n",
    "identity-missing.csv": b"user_id,Email,city\n1,a@example.com,Oslo\n",
    "identity-capital.csv": b"Identity,city\n1,Oslo\n",
    "identity-given.csv": b"user_id,city\n007,Oslo\n",
    "identity-not-first.csv": b"city,identity\nOslo,1\nBergen,2\n",
    "consent-near-miss.csv": b"identity,msg_email\n1,true\n",
    "consent.csv": b"identity,msg-Email,MSG-sms,MSG-whatsapp\n1,TRUE,false,\n2,no,maybe,true\n3,,,\n4,0,1,False\n",
    "rejects-file.csv": b"row,identity,n,Failure Code,Failure Description\n7,1,5,number_invalid,mend it\n9,2,6,field_count,x\n",
    "operation-columns.csv": b"identity,Tags,Tags.operation\n1,red,$add\n2,blue,\n3,green,$toggle\n4,,$delete\n5,red,$remove\n",
    "operation-alone.csv": b"identity,Tags.operation\n1,$add\n",
    "date-format-suffix.csv": b"identity,Signup<dd/MM/yyyy HH:mm:ss>\n1,01/02/2026 00:00:00\n2,13/13/2026 00:00:00\n",
    "date-format-suffix-wrong.csv": b"identity,Signup<QQ/yy>\n1,01/02\n",
}

ROWS = {
    "short-and-long-rows.csv": b"identity,city,n\n1,Oslo\n2,Bergen,2,3\n3,Hamar,3\n4\n",
    "all-rows-bad.csv": b'identity,city\n1\n2,a,b\n"3"x,y\nnull,Oslo\n,Moss\n',
    "duplicates.csv": b"identity,city,note\n1,Oslo,a\n2,Bergen,b\n1,,c\n1,Hamar,\n 2 ,,\n",
    "duplicates-same-values.csv": b"identity,city\n1,Oslo\n1,Oslo\n1,Oslo\n",
    "identity-placeholders.csv": lines("identity", *PLACEHOLDERS, "00", "nulls"),
    "identity-blank.csv": b'identity,city\n,Oslo\n"  ",Bergen\n"",Hamar\n1,Moss\n',
    "identity-control.csv": b"identity,city\na\x01b,Oslo\na\tb,Bergen\n\x7f,Hamar\nok,Moss\n",
    "identity-line-break.csv": b'identity,city\n"a\nb",Oslo\n"\nc\n",Hamar\nok,Moss\n',
    "identity-too-long.csv": b"identity\n" + b"a" * 1024 + b"\n" + b"b" * 1025 + b"\n",
    "identity-untouched.csv": b"identity,city\n00123,a\n123,b\n1e5,c\n100000,d\n9223372036854775808,e\n1.0,f\n+7,g\n",
    "identity-only-filled.csv": b"identity,city,n\n1,,\n2,,\n",
}

VALUES = {
    "leading-zeros.csv": b"identity,zip,n\n1,00123,1\n2,04567,2\n",
    "exponents.csv": b"identity,code,x\n1,1e5,1.5\n2,2e3,2\n",
    "long-numbers.csv": b"identity,card,n15,n16\n1,1234567890123456789,123456789012345,1234567890123456\n",
    "plus-numbers.csv": b"identity,a\n1,+5\n2,7\n",
    "infinite-numbers.csv": b"identity,a,b\n1,inf,NaN\n2,1.5,2.5\n",
    "booleans.csv": b"identity,a,b,c\n1,true,1,yes\n2,FALSE,0,no\n",
    "mixed-types.csv": b"identity,a,b\n1,5,true\n2,x,1\n",
    "dates-day-first.csv": b"identity,d\n1,31/01/2026 10:00:00\n2,01/02/2026 10:00:00\n",
    "dates-month-first.csv": b"identity,d\n1,01/31/2026 10:00:00\n2,01/02/2026 10:00:00\n",
    "dates-year-day.csv": b"identity,d\n1,2026/31/01 10:00:00\n2,2026/02/01 10:00:00\n",
    "dates-year-month.csv": b"identity,d\n1,2026/01/31 10:00:00\n2,2026/02/01 10:00:00\n",
    "dates-month-name.csv": b"identity,d\n1,31 Jan 2026 10:00:00\n2,01 feb 2026 10:00:00\n",
    "dates-unix.csv": b"identity,DOB,seen\n1,86400,1767225600\n2,-1,1767225601\n",
    "dates-iso.csv": b"identity,d,DOB\n1,2026-01-31,1990-01-31\n2,2026-02-01,1990-02-30\n",
    "dates-ambiguous.csv": b"identity,d\n1,01/02/2026 10:00:00\n2,03/04/2026 10:00:00\n3,05/05/2026 10:00:00\n",
    "dates-same-either-way.csv": b"identity,d\n1,05/05/2026 10:00:00\n2,06/06/2026 10:00:00\n",
    "given-day-first.csv": b"identity,d\n1,01/02/2026 10:00:00\n2,03/04/2026 10:00:00\n",
    "dates-contradict.csv": b"identity,d\n1,31/01/2026 10:00:00\n2,01/31/2026 10:00:00\n",
    "dates-impossible.csv": b"identity,d\n1,29/02/2026 10:00:00\n2,31/01/2026 10:00:00\n",
    "system-properties.csv": (
        b"identity,Email,Phone,Gender,DOB,Timezone,Married\n"
        b"1,a@example.com,+49 (30) 123-456,F,31/01/1990 00:00:00,Europe/Berlin,Y\n"
        b"2,not an address,12,X,32/01/1990 00:00:00,Mars/Base,perhaps\n"
    ),
    "formulas.csv": b"identity,note,n\n1,=SUM(A1),-5\n2,@cmd,+4\n3,'=1+1,7\n4,-x,8\n=5,y,9\n",
    "formulas-rejected.csv": b'identity,note,n\n1,=SUM(A1)\n2,"\'@cmd",3,4\nnull,-5,3\nnull,+x,3\n',
    "rejected-blank-first-cell.csv": b"identity,city,n\n,Oslo\n,Bergen,2,3\n1,Hamar,3\n",
    "rejected-backslash-quotes.csv": b'identity,note,n\n1,"say \\"hi\\", now",5\n2,"a \\"b\\", c"\n',
    "rejected-quoted-cells.csv": b'identity,note,n\n1,"a ""b"", c"\n2,"d\ne" , 5 ,6\n3,,,\n4,x,7\n',
    "blank-words.csv": b"identity,a\n1,NULL\n2,5\n3,N/A\n",
    "given-blank-words.csv": b"identity,a\n1,NULL\n2,5\n3,N/A\n",
    "html-in-cells.csv": b"identity,note\n1,<script>alert(1)</script>\n2,'; DROP TABLE profiles;--\n",
}

FILES: Mapping[str, bytes] = DIALECTS | LINES | QUOTES | ENCODINGS | CONTAINERS | HEADERS | ROWS | VALUES


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, data in FILES.items():
        (FOLDER / name).write_bytes(data)
