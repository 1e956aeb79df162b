"""Downloads as the platforms make them, for the tests of what is taken in."""

import io
import json
import stat
import zipfile

NAME = "01_numbers"
FILE = "assignment_01.ipynb"

GRADE_BOOK = """\
Student,ID,SIS User ID,SIS Login ID,Section,Notes,Numbers (77),Final Score
,,,,,,Manual Posting,
    Points Possible,,,,,,5.00,(read only)
"Lovelace, Ada",1001,s-1,ada,A,,,80
"O'Neil, Zoë",1002,s-2,zoe,A,,3.00,60
"Hassan, Ali",1003,s-3,ali,A,,EX,
"Ali, Hassan",1004,s-4,hassan,A,,N/A,
"""

METADATA = """\
submission_501:
  :submitters:
  - :name: Ada Lovelace
    :sid: 4711
    :email: ada@x.org
  :created_at: 2026-09-01 10:00:00.250000 -07:00
  :score: 1.0
submission_502:
  :submitters:
  - :name: Zoë O'Neil
    :sid: '4712'
    :email: zoe@x.org
  - :name: Ali Hassan
    :sid: '4713'
    :email: ali@x.org
  :created_at: !ruby/object:ActiveSupport::TimeWithZone
    utc: 2026-09-02 09:00:00.000000000 Z
    zone: !ruby/object:ActiveSupport::TimeZone
      name: Etc/UTC
    time: 2026-09-02 09:00:00.000000000 Z
"""


def notebook(text):
    """The bytes of a notebook that says something."""
    cell = {"cell_type": "markdown", "metadata": {}, "source": text}
    return json.dumps(
        {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    ).encode()


def write_zip(path, files, when=(2026, 9, 1, 12, 0, 0)):
    """Writes a zip of {name: content}, all of one time; returns its path."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, when)
            entry.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(entry, content)
    return path


def link_entry(name):
    """An entry of a zip that would be a link once it is unpacked."""
    entry = zipfile.ZipInfo(name)
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


def encrypted(content):
    """The bytes of a zip whose entries are marked as encrypted."""
    text = bytearray(content)
    for mark, offset in (b"PK\x03\x04", 6), (b"PK\x01\x02", 8):
        place = text.find(mark)
        while place >= 0:
            text[place + offset] |= 1
            place = text.find(mark, place + 4)
    return bytes(text)


def zip_bytes(files):
    """The bytes of a zip of {name: content}."""
    held = io.BytesIO()
    write_zip(held, files)
    return held.getvalue()
