"""Says how many readers read the weights side by side, by where these are; the variable READERS sets another number."""

# S3 begins to answer after 27 ms and then sends 87 MB/s on a connection; an environment receives 1.25 GB/s until the
# first 309 MB are used up, and 78 MB/s afterwards. By these figures the 340 MB of an answer take 0.79 to 1.03 s over
# eight connections, 0.46 to 0.75 over sixteen, 0.43 to 0.71 over twenty, and no less over more. (The lower ones if what
# trickles in during the burst is not lost.)
BUCKET = 20
# On EFS one stream of reads gets 77 MiB/s or, in 42 % of the environments, 42; all together get 500 at most, which take
# seven streams or twelve. The slowest seen is 36, which takes fourteen.
NFS = 16
# Lambda loads an image in chunks of 512 KiB: the first time that somebody reads one takes 54 ms, later times 1.2 ms.
# One reader waits for each, so the 650 chunks of an answer take 35 s; a block device takes many requests at once.
IMAGE = 32
MOST = 128  # that READERS may ask for: each is a thread, with a stack and a buffer
