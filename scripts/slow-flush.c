/* Adds a wait to each flush of a file, after the flush itself: a disk that is slow to promise, and otherwise this one.
 * To be loaded before the C library (LD_PRELOAD). SLOW_FLUSH is the wait in microseconds. scripts/services builds it. */
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int slowly(long call, int file)
{
	static long wait = -1;
	if (wait < 0) {
		const char *text = getenv("SLOW_FLUSH");
		wait = text ? atol(text) : 0;
	}
	int result = (int)syscall(call, file); /* which sets errno */
	if (result == 0) {
		struct timespec t = {wait / 1000000, wait % 1000000 * 1000};
		nanosleep(&t, NULL);
	}
	return result;
}

int fdatasync(int file) { return slowly(SYS_fdatasync, file); }

int fsync(int file) { return slowly(SYS_fsync, file); }
