"""Makes the tables of photographs and ages beside it, with scipy: pip install numpy scipy && python3 wiki.py"""
import datetime

import numpy
import scipy.io


def day(year, month, date):
    """As MATLAB counts: 1 is the first of January of the year 0, 366 days before Python's 1."""
    return datetime.date(year, month, date).toordinal() + 366


# Each with what is said of it in AgedPhotographsTests.
people = [
    ("a.png", day(1980, 6, 30), 2010, 4.2, numpy.nan),
    ("b.png", day(1980, 7, 1), 2010, 4.2, numpy.nan),
    ("c.png", day(1900, 3, 1), 1960, 1.0, numpy.nan),
    ("sub/ü.png", day(2000, 2, 29), 2003, 1.0, numpy.nan),
    ("gone.png", day(1970, 1, 1), 2000, 1.0, numpy.nan),
    ("d.png", day(1970, 1, 1), 2000, -numpy.inf, numpy.nan),
    ("e.png", day(1970, 1, 1), 2000, 1.0, 2.5),
    ("f.png", day(2005, 1, 1), 2001, 1.0, numpy.nan),
    ("g.png", 700, 2001, 1.0, numpy.nan),
    ("h.png", 0, 2001, 1.0, numpy.nan),
    ("../i.png", day(1970, 1, 1), 2000, 1.0, numpy.nan),
    ("/i.png", day(1970, 1, 1), 2000, 1.0, numpy.nan),
    ("a.png", day(1930, 1, 1), 2010, 1.0, numpy.nan),
]
texts = numpy.empty((1, len(people)), object)
for place, person in enumerate(people):
    texts[0, place] = person[0]
fields = {
    "dob": numpy.array([[person[1] for person in people]], "i4"), "photo_taken": numpy.array([[person[2] for person in people]], "u2"),
    "full_path": texts, "face_score": numpy.array([[person[3] for person in people]]),
    "second_face_score": numpy.array([[person[4] for person in people]]),
}
scipy.io.savemat("wiki.mat", {"wiki": fields}, do_compression=True)
scipy.io.savemat("wiki-plain.mat", {"wiki": {name: fields[name] for name in ("dob", "photo_taken", "full_path")}})
scipy.io.savemat("wiki-lacking.mat", {"wiki": {name: fields[name] for name in ("dob", "full_path")}})
scipy.io.savemat("wiki-shorter.mat", {"wiki": fields | {"dob": fields["dob"][:, :5]}})
scipy.io.savemat("wiki-numbers.mat", {"wiki": numpy.eye(3)})
