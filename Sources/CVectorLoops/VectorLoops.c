// The loops of the CPU backend that the compiler should build for several instruction sets.
