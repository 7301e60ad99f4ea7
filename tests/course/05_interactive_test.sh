#!/bin/bash
# 5. Interactive: a program that reads from the keyboard, and a prompt.
. "$(dirname "$0")/lib.sh"
import_python
import_node
mkdir app
cat >app/rng.py <<'END'
import random
smallest = int(input('Please enter the min number: '))
largest = int(input('Please enter the max number: '))
if largest < smallest:
    print('Invalid input - shutting down...')
else:
    print('Between', smallest, 'and', largest, 'lies', random.randint(smallest, largest))
END
cat >app/Dockerfile <<'END'
FROM python
WORKDIR /app
COPY . /app
CMD ["python3", "rng.py"]
END
strata build -t rng app 2>/dev/null
assert_status 1 strata run --rm rng
assert_contains "$output" EOFError
types '=>min number: ' '5\r=>max number: ' '5\r=>Between 5 and 5 lies 5' -- "$STRATA" run -it --name rng rng
types '=>min number: ' '1\r=>max number: ' '0\r=>Invalid input' -- "$STRATA" start -a -i rng
types '=>min number: ' '\x03=>KeyboardInterrupt' -- "$STRATA" run -it --rm rng || assert_equals "$?" 130
types '=>> ' '6 * 7\r=>42' '.exit\r=>' -- "$STRATA" run -it --rm node
assert_equals "$(strata ps -aq --filter name=rng | wc -l)" 1
