import hashlib
import time


def order(i):
    time.sleep(0.02)  # ask a service
    return hashlib.pbkdf2_hmac("sha256", b"secret", str(i).encode(), 1_000).hex()  # sign
