FROM corpus/busybox:1
COPY . /all/
