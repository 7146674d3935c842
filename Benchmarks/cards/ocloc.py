"""Runs Intel's offline compiler: ocloc.py LIBRARY SOURCE DEVICE OPTIONS. It is a library only, which ends what it runs in
where it fails: a process of its own."""
import ctypes
import sys

library, source, device, options = sys.argv[1:]
words = ["ocloc", "compile", "-file", source, "-device", device, "-options", options, "-output", "program"]
arguments = (ctypes.c_char_p * len(words))(*(word.encode() for word in words))
nothing = [0, None, None, None]
sys.exit(ctypes.CDLL(library).oclocInvoke(len(words), arguments, *nothing, *nothing, None, None, None, None))
