"""Long enough for something to be killed meanwhile."""

import time

for second in range(20):
    print(f"second {second}", flush=True)
    time.sleep(1)
print("came to its end", flush=True)
