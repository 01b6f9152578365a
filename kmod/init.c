// SPDX-License-Identifier: GPL-2.0
/*
 * init.c - the guest's only process
 *
 * Mounts what it needs, loads the modules that it is sent, carries frames
 * between the virtio-serial port and /dev/kdma, and leaves through
 * isa-debug-exit. It knows nothing of the modules when it says BOOTED, so that
 * a snapshot taken there serves every build of them.
 * Statically linked, built for the guest by harness/kdma/build.py. Whatever
 * goes wrong is printed on the console and ends the guest with another exit
 * value than the agreed one.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "crc32.h"
#include "frame.h"

/* The kernel's own modules that the port needs, in order; one name on each line. */
#define MODULE_LIST "/modules.list"
#define DEVICE	    "/dev/kdma"
/* What the core accounted; see kmod/accounting.h. */
#define ACCOUNTING "/dev/kdma-accounting"
/* What it recorded; see kmod/kernel_calls.h. */
#define CALLS "/dev/kdma-calls"
/* How often a program runs again that left something. */
#define AGAIN_MAX 3
/* Seconds of an emulated processor; QEMU needs milliseconds to end. */
#define EXIT_SPINS (1L << 28)
/* What the host would send, where it shall not matter when the host does. */
#define FRAMES	    "/frames"
#define MODULES_MAX 64
#define TRACING	    "/sys/kernel/tracing"
/* For the events of one program; a thousand mappings make some 400 KiB. */
#define TRACE_ROOM_KIB "4096"
#define DMA_DEBUG      "/sys/kernel/debug/dma-api"
#define SWIOTLB	       "/sys/kernel/debug/swiotlb"
#define PCI_DEVICES    "/sys/bus/pci/devices"
#define EDU_ID	       0x11e81234

struct text {
	char *bytes;
	size_t length;
	size_t room;
};

/* A number of debugfs; @opened is its folder, -1 where a kernel has no such number. */
struct witness {
	const char *folder;
	const char *name;
	int opened;
};

static char modules[MODULES_MAX][64];
static int module_errors[MODULES_MAX];
static size_t module_count;
static struct witness swiotlb_used = {SWIOTLB, "io_tlb_used"};
static struct witness dma_debug_errors = {DMA_DEBUG, "error_count"};
static struct witness dma_debug_total = {DMA_DEBUG, "nr_total_entries"};
static struct witness dma_debug_free = {DMA_DEBUG, "num_free_entries"};
static int events_pipe = -1;
static int device = -1;
static int accounting = -1;
static int calls_device = -1;
static char edu_path[320];
static uint8_t edu_config[64];
static int port = -1;
/* Where frames come from: the port, or FRAMES. */
static int input = -1;
static int kmsg = -1;

static void die(const char *format, ...)
{
	va_list arguments;

	fputs("kdma-init: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	reboot(RB_POWER_OFF);
	_exit(1);
}

/* Makes room for @length more bytes. */
static void text_reserve(struct text *text, size_t length)
{
	if (text->length + length <= text->room)
		return;
	text->room = (text->length + length) * 2;
	text->bytes = realloc(text->bytes, text->room);
	if (!text->bytes)
		die("out of memory");
}

static void text_add(struct text *text, const void *bytes, size_t length)
{
	text_reserve(text, length);
	memcpy(text->bytes + text->length, bytes, length);
	text->length += length;
}

__attribute__((format(printf, 2, 3))) static void text_print(struct text *text,
							     const char *format, ...)
{
	char line[512];
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	if (length >= (int)sizeof(line))
		length = sizeof(line) - 1;
	text_add(text, line, length);
}

/* Reads exactly @length bytes of frames. */
static void port_read(void *bytes, size_t length)
{
	/* What came with the last read and was not asked for yet. */
	static char block[65536];
	static size_t begin, end;
	char *to = bytes;

	while (length) {
		size_t part = end - begin < length ? end - begin : length;
		ssize_t got;

		memcpy(to, block + begin, part);
		begin += part;
		to += part;
		length -= part;
		if (!length)
			return;
		got = read(input, block, sizeof(block));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			die("reading from the port: %s", strerror(errno));
		if (!got && input != port)
			die(FRAMES " ends before the guest was told to leave");
		begin = 0;
		end = got;
		/* 0: the host has not opened its end yet. */
		if (!got)
			usleep(1000);
	}
}

static void port_write(const void *bytes, size_t length)
{
	const char *from = bytes;

	while (length) {
		ssize_t put = write(port, from, length);

		if (put < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (put <= 0)
			die("writing to the port: %s", strerror(errno));
		from += put;
		length -= put;
	}
}

/* Sends header and payload in one write: each one is an exit from the guest. */
static void send_frame(uint32_t kind, uint32_t sequence, uint32_t driver,
		       const struct text *payload)
{
	static struct text whole;
	struct kdma_frame frame = {
		.magic = KDMA_FRAME_MAGIC,
		.kind = kind,
		.sequence = sequence,
		.driver = driver,
		.length = payload->length,
		.checksum = kdma_crc32(0, payload->bytes, payload->length),
	};

	whole.length = 0;
	text_add(&whole, &frame, sizeof(frame));
	text_add(&whole, payload->bytes, payload->length);
	port_write(whole.bytes, whole.length);
}

/* Reads a frame; its payload is in @payload until the next call. */
static void receive_frame(struct kdma_frame *frame, struct text *payload)
{
	port_read(frame, sizeof(*frame));
	if (frame->magic != KDMA_FRAME_MAGIC || frame->length > KDMA_FRAME_MAX_PAYLOAD)
		die("a frame with magic %08x and length %u", frame->magic, frame->length);
	payload->length = 0;
	if (frame->length > payload->room) {
		payload->room = frame->length;
		payload->bytes = realloc(payload->bytes, payload->room);
		if (!payload->bytes)
			die("out of memory");
	}
	port_read(payload->bytes, frame->length);
	payload->length = frame->length;
	if (kdma_crc32(0, payload->bytes, payload->length) != frame->checksum)
		die("a frame with a wrong checksum");
}

/* Finds what is read after every run. */
static void find_witness(struct witness *witness)
{
	witness->opened = open(witness->folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (witness->opened >= 0 && faccessat(witness->opened, witness->name, R_OK, 0)) {
		close(witness->opened);
		witness->opened = -1;
	}
}

static void find_witnesses(void)
{
	find_witness(&swiotlb_used);
	find_witness(&dma_debug_errors);
	find_witness(&dma_debug_total);
	find_witness(&dma_debug_free);
}

/* What a witness counts now; 0: there is no such witness. */
static int read_number(const struct witness *witness, long long *value)
{
	char text[32];
	ssize_t length;
	int opened;

	if (witness->opened < 0)
		return 0;
	/*
	 * debugfs lets nobody seek in a number, and gives it once for each time it
	 * is opened. What was found has to be readable: an oracle that falls silent
	 * must not pass for one that has nothing to say.
	 */
	opened = openat(witness->opened, witness->name, O_RDONLY | O_CLOEXEC);
	if (opened < 0)
		die("a counter of an oracle: %s", strerror(errno));
	length = read(opened, text, sizeof(text) - 1);
	if (length <= 0)
		die("a counter of an oracle: %s", length ? strerror(errno) : "empty");
	close(opened);
	text[length] = 0;
	*value = strtoll(text, NULL, 10);
	return 1;
}

/* What independent witnesses in the kernel count; -1: a kernel lacks them. */
struct counters {
	long long swiotlb_used;
	long long dma_debug_errors;
	long long dma_debug_used;
};

static struct counters read_counters(void)
{
	struct counters counters = {-1, -1, -1};
	long long total, unused;

	read_number(&swiotlb_used, &counters.swiotlb_used);
	read_number(&dma_debug_errors, &counters.dma_debug_errors);
	if (read_number(&dma_debug_total, &total) &&
	    read_number(&dma_debug_free, &unused))
		counters.dma_debug_used = total - unused;
	return counters;
}

/* Adds them. Those that a kernel lacks are left out. */
static void add_readings(struct text *readings, const char *suffix,
			 const struct counters *counters)
{
	if (counters->swiotlb_used >= 0)
		text_print(readings, "swiotlb_used.%s %lld\n", suffix,
			   counters->swiotlb_used);
	if (counters->dma_debug_errors >= 0)
		text_print(readings, "dma_debug_errors.%s %lld\n", suffix,
			   counters->dma_debug_errors);
	if (counters->dma_debug_used >= 0)
		text_print(readings, "dma_debug_used.%s %lld\n", suffix,
			   counters->dma_debug_used);
}

/* Reads and adds them. */
static void add_readings_now(struct text *readings, const char *suffix)
{
	struct counters counters = read_counters();

	add_readings(readings, suffix, &counters);
}

/* Adds the kernel log's new lines: what stands after the record's header. */
static void add_log(struct text *log)
{
	char record[8192];
	ssize_t length;

	while ((length = read(kmsg, record, sizeof(record) - 1)) > 0 ||
	       (length < 0 && errno == EPIPE)) {
		char *line, *end;

		if (length < 0) {
			/* Records were overwritten before we came to them. */
			text_print(log, "kdma-init: lines of the kernel log were lost\n");
			continue;
		}
		record[length] = 0;
		line = strchr(record, ';');
		if (!line)
			continue;
		line++;
		end = strchr(line, '\n');
		if (end)
			*end = 0;
		text_add(log, line, strlen(line));
		text_add(log, "\n", 1);
	}
}

/*
 * Adds the lines that a run brought. Linux says some things at most ten times in
 * five seconds (DEFAULT_RATELIMIT_INTERVAL), and a fault of the IOMMU, of two
 * lines, counts three times (dmar_fault()). So much of the guest's time passes
 * before the next run that nothing is left out of that one's.
 */
static void add_log_of_run(struct text *log)
{
	size_t lines = 0, i;

	add_log(log);
	for (i = 0; i < log->length; i++)
		lines += log->bytes[i] == '\n';
	if (lines)
		sleep(lines < 5 ? lines : 5);
}

static void send_reply(uint32_t kind, const struct kdma_frame *request, uint32_t error,
		       const struct text *trace, const struct text *readings,
		       const struct text *log, const struct text *events,
		       const struct text *calls)
{
	struct kdma_reply_header header = {
		.trace_length = trace->length,
		.readings_length = readings->length,
		.log_length = log->length,
		.events_length = events->length,
		.calls_length = calls->length,
		.error = error,
	};
	static struct text payload;

	payload.length = 0;
	text_add(&payload, &header, sizeof(header));
	text_add(&payload, trace->bytes, trace->length);
	text_add(&payload, readings->bytes, readings->length);
	text_add(&payload, log->bytes, log->length);
	text_add(&payload, events->bytes, events->length);
	text_add(&payload, calls->bytes, calls->length);
	send_frame(kind, request->sequence, request->driver, &payload);
}

static void write_file(const char *path, const char *text)
{
	int file = open(path, O_WRONLY);

	if (file < 0)
		return;
	if (write(file, text, strlen(text)) < 0)
		fprintf(stderr, "kdma-init: %s: %s\n", path, strerror(errno));
	close(file);
}

/*
 * Switches on the kernel's DMA tracepoints, if it has any (since Linux 6.12).
 * trace_pipe hands an event out once and costs a read; opening or truncating
 * `trace` waits for grace periods of RCU and resets the whole buffer.
 */
static void enable_tracepoints(struct text *lines)
{
	int has = !access(TRACING "/events/dma/enable", W_OK);

	text_print(lines, "tracepoints %d\n", has);
	if (!has)
		return;
	write_file(TRACING "/buffer_size_kb", TRACE_ROOM_KIB);
	write_file(TRACING "/events/dma/enable", "1");
	events_pipe = open(TRACING "/trace_pipe", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (events_pipe < 0)
		die("%s: %s", TRACING "/trace_pipe", strerror(errno));
}

/* Adds what the tracepoints saw since the last call. */
static void add_events(struct text *events)
{
	ssize_t length;

	if (events_pipe < 0)
		return;
	for (;;) {
		text_reserve(events, 16384);
		length = read(events_pipe, events->bytes + events->length, 16384);
		if (length <= 0)
			break;
		events->length += length;
	}
	if (length < 0 && errno != EAGAIN)
		die("%s: %s", TRACING "/trace_pipe", strerror(errno));
}

/* Adds all that a device of the core gives. -1 with errno, or 0. */
static int add_file(int file, struct text *text)
{
	off_t begin = text->length;

	for (;;) {
		ssize_t length;

		text_reserve(text, 65536);
		length = pread(file, text->bytes + text->length, 65536,
			       text->length - begin);
		if (length <= 0)
			return length;
		text->length += length;
	}
}

/* Adds what the core recorded of the last program's calls. */
static void add_calls(struct text *calls)
{
	if (calls_device < 0)
		calls_device = open(CALLS, O_RDONLY | O_CLOEXEC);
	if (calls_device < 0 || add_file(calls_device, calls))
		die("%s: %s", CALLS, strerror(errno));
}

/* Hands a request to the core and takes its trace. An errno, or 0. */
static uint32_t execute(const struct text *request, struct text *trace)
{
	if (device < 0)
		device = open(DEVICE, O_RDWR | O_CLOEXEC);
	if (device < 0 ||
	    write(device, request->bytes, request->length) != (ssize_t)request->length)
		return errno;
	return add_file(device, trace) ? errno : 0;
}

/* Adds what the core accounted for the last program; is anything left of it? */
static int add_accounting(struct text *readings, const char *prefix)
{
	char report[16384], *line, *end;
	ssize_t length;
	int left = 0;

	if (accounting < 0)
		accounting = open(ACCOUNTING, O_RDONLY | O_CLOEXEC);
	length = pread(accounting, report, sizeof(report) - 1, 0);
	if (length < 0)
		die("%s: %s", ACCOUNTING, strerror(errno));
	report[length] = 0;
	for (line = report; (end = strchr(line, '\n')); line = end + 1) {
		*end = 0;
		left |= !strncmp(line, "leaked.", strlen("leaked."));
		text_print(readings, "%s%s\n", prefix, line);
	}
	return left;
}

/*
 * A program that left something runs again, unseen: what fills a cache of the
 * kernel's is left once, and a leak each time. Returns how often it ran again.
 */
static int account(const struct text *request, struct text *readings)
{
	static struct text unseen;
	char prefix[32] = "";
	int round;

	for (round = 1; add_accounting(readings, prefix) && round <= AGAIN_MAX; round++) {
		unseen.length = 0;
		if (execute(request, &unseen))
			return round;
		text_print(readings, "again %d\n", round);
		snprintf(prefix, sizeof(prefix), "again%d.", round);
	}
	return round - 1;
}

/*
 * One RUN frame: the program goes to the core, the trace comes back. @follows: the
 * last frame was one as well, so that nothing has happened since.
 */
static void run_program(const struct kdma_frame *frame, const struct text *program,
			int follows)
{
	static struct text request, trace, readings, log, events, calls;
	static struct counters counters;
	static int again;
	uint32_t prefix[2] = {frame->driver, 0};
	uint32_t error;

	request.length = trace.length = readings.length = log.length = events.length = 0;
	calls.length = 0;
	text_add(&request, prefix, sizeof(prefix));
	text_add(&request, program->bytes, program->length);
	add_log(&log);
	if (!follows || again)
		counters = read_counters();
	add_readings(&readings, "before", &counters);
	add_events(&events);
	log.length = events.length = 0;
	error = execute(&request, &trace);
	add_events(&events);
	if (!error)
		add_calls(&calls);
	counters = read_counters();
	add_readings(&readings, "after", &counters);
	add_log_of_run(&log);
	again = error ? 0 : account(&request, &readings);
	send_reply(KDMA_FRAME_TRACE, frame, error, &trace, &readings, &log, &events,
		   &calls);
}

/* A part of the answer to a BATCH frame. */
static void add_part(struct text *reply, uint32_t error, const struct text *trace,
		     const struct text *readings, const struct text *log)
{
	struct kdma_reply_header header = {
		.trace_length = trace->length,
		.readings_length = readings->length,
		.log_length = log->length,
		.error = error,
	};

	text_add(reply, &header, sizeof(header));
	text_add(reply, trace->bytes, trace->length);
	text_add(reply, readings->bytes, readings->length);
	text_add(reply, log->bytes, log->length);
}

/* A BATCH frame: all its requests go to the core. Returns how many there were. */
static long run_batch(const struct kdma_frame *frame, const struct text *batch)
{
	static struct text reply, trace, readings, log;
	const struct text nothing = {};
	uint32_t count = 0, length, i, error;
	size_t at;

	if (batch->length >= sizeof(count))
		memcpy(&count, batch->bytes, sizeof(count));
	at = sizeof(count) * (1 + (size_t)count);
	if (!count || at > batch->length)
		die("a batch that is cut");
	reply.length = readings.length = 0;
	add_log(&log);
	if (events_pipe >= 0)
		write_file(TRACING "/tracing_on", "0");
	add_readings_now(&readings, "before");
	for (i = 0; i < count; i++) {
		struct text request = {.bytes = batch->bytes + at};

		memcpy(&length, batch->bytes + sizeof(count) * (1 + (size_t)i),
		       sizeof(length));
		if (length > batch->length - at)
			die("a batch that is cut");
		request.length = length;
		trace.length = log.length = 0;
		error = execute(&request, &trace);
		add_log_of_run(&log);
		add_part(&reply, error, &trace, &nothing, &log);
		at += length;
	}
	add_readings_now(&readings, "after");
	if (events_pipe >= 0)
		write_file(TRACING "/tracing_on", "1");
	add_part(&reply, 0, &nothing, &readings, &nothing);
	send_frame(KDMA_FRAME_BATCH, frame->sequence, 0, &reply);
	return count;
}

static void note_module(struct text *lines, const char *name, int error)
{
	if (module_count == MODULES_MAX)
		die("more than %d modules", MODULES_MAX);
	snprintf(modules[module_count], sizeof(modules[0]), "%s", name);
	text_print(lines, "module %s %d\n", modules[module_count], error);
	module_errors[module_count++] = error;
}

static int load_file(const char *name)
{
	char path[128];
	int file, error = 0;

	snprintf(path, sizeof(path), "/modules/%s.ko", name);
	file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return errno;
	if (syscall(SYS_finit_module, file, "", 0))
		error = errno;
	close(file);
	return error;
}

/* Modules of the kernel's own, without which there is no port. */
static void load_kernel_modules(struct text *lines)
{
	FILE *list = fopen(MODULE_LIST, "r");
	char name[64];

	if (!list)
		die("no list of modules");
	while (fscanf(list, "%63s", name) == 1)
		note_module(lines, name, load_file(name));
	fclose(list);
}

/* A MODULE frame: name, zero byte, parameters, zero byte, file. */
static void load_module(struct text *lines, const struct text *payload)
{
	const char *end = payload->bytes + payload->length;
	const char *parameters, *image;
	int error = 0;

	parameters = payload->bytes + strnlen(payload->bytes, payload->length) + 1;
	if (parameters > end ||
	    parameters - payload->bytes > (ptrdiff_t)sizeof(modules[0]))
		die("a module without a name");
	image = parameters + strnlen(parameters, end - parameters) + 1;
	if (image > end)
		die("a module without parameters");
	if (syscall(SYS_init_module, image, end - image, parameters))
		error = errno;
	note_module(lines, payload->bytes, error);
}

static int has_line(const struct text *text, const char *line)
{
	return text->length && memmem(text->bytes, text->length, line, strlen(line));
}

/* Where a module is, for a debugger. */
static void add_sections(struct text *lines, const char *module)
{
	char path[400], address[32];
	DIR *folder;
	struct dirent *section;

	snprintf(path, sizeof(path), "/sys/module/%.63s/sections", module);
	folder = opendir(path);
	while (folder && (section = readdir(folder))) {
		ssize_t length;
		int file;

		if (section->d_type == DT_DIR)
			continue;
		snprintf(path, sizeof(path), "/sys/module/%.63s/sections/%.255s", module,
			 section->d_name);
		file = open(path, O_RDONLY);
		if (file < 0)
			continue;
		length = read(file, address, sizeof(address) - 1);
		close(file);
		if (length <= 0)
			continue;
		address[length] = 0;
		address[strcspn(address, "\n")] = 0;
		text_print(lines, "section %s %s %s\n", module, section->d_name, address);
	}
	if (folder)
		closedir(folder);
}

/* A PARAMETER frame: module, parameter, value, each with a zero byte. */
static void set_parameter(const struct text *payload)
{
	const char *words[3], *word = payload->bytes;
	const char *end = payload->bytes + payload->length;
	char path[192];
	size_t i;
	int file;

	for (i = 0; i < 3; i++) {
		const char *zero = memchr(word, 0, end - word);

		if (!zero)
			die("a parameter of %zu words", i);
		words[i] = word;
		word = zero + 1;
	}
	snprintf(path, sizeof(path), "/sys/module/%s/parameters/%s", words[0], words[1]);
	file = open(path, O_WRONLY);
	if (file < 0 || write(file, words[2], strlen(words[2])) < 0)
		die("%s: %s", path, strerror(errno));
	close(file);
}

/*
 * QEMU does not carry edu's PCI configuration into a snapshot: it has no
 * migration state (hw/misc/edu.c). So it is kept here and written back; where
 * no snapshot was taken that changes nothing.
 */
static void keep_edu_configuration(void)
{
	DIR *devices = opendir(PCI_DEVICES);
	struct dirent *device;

	while (devices && (device = readdir(devices))) {
		char path[sizeof(edu_path)];
		uint32_t identity = 0;
		int file;

		snprintf(path, sizeof(path), PCI_DEVICES "/%s/config", device->d_name);
		file = open(path, O_RDONLY);
		if (file < 0)
			continue;
		if (read(file, &identity, sizeof(identity)) == sizeof(identity) &&
		    identity == EDU_ID &&
		    pread(file, edu_config, sizeof(edu_config), 0) == sizeof(edu_config))
			memcpy(edu_path, path, sizeof(edu_path));
		close(file);
	}
	if (devices)
		closedir(devices);
}

static void restore_edu_configuration(void)
{
	int file;

	/* Without edu its driver does not bind, and that is said. */
	if (!edu_path[0])
		return;
	file = open(edu_path, O_WRONLY);
	if (file < 0 ||
	    pwrite(file, edu_config, sizeof(edu_config), 0) != sizeof(edu_config))
		die("%s: %s", edu_path, strerror(errno));
	close(file);
}

/* Unloads in the opposite order. Modules of the kernel itself may stay. */
static void unload_modules(struct text *lines)
{
	size_t i;

	for (i = module_count; i-- > 0;) {
		int error = 0;

		if (module_errors[i] || strncmp(modules[i], "kdma", 4))
			continue;
		if (syscall(SYS_delete_module, modules[i], O_NONBLOCK))
			error = errno;
		text_print(lines, "unload %s %d\n", modules[i], error);
	}
}

static void mount_all(void)
{
	static const char *const mounts[][2] = {
		{"devtmpfs", "/dev"}, {"proc", "/proc"},
		{"sysfs", "/sys"},    {"debugfs", "/sys/kernel/debug"},
		{"tracefs", TRACING},
	};
	size_t i;

	for (i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		mkdir(mounts[i][1], 0755);
		/* /dev may be mounted already; a kernel may lack debugfs or tracefs. */
		if (mount(mounts[i][0], mounts[i][1], mounts[i][0], 0, NULL) &&
		    errno != EBUSY && errno != ENODEV && errno != ENOENT)
			die("mounting %s: %s", mounts[i][1], strerror(errno));
	}
}

/*
 * The port appears when its driver has come up; at most ten seconds. Its name
 * is vportNp1, where N counts virtio devices: a virtio-iommu comes first.
 */
static void open_port(void)
{
	int tries;

	for (tries = 0; tries < 1000; tries++) {
		DIR *folder = opendir("/dev");
		struct dirent *entry;
		char path[300];

		while (folder && port < 0 && (entry = readdir(folder))) {
			if (strncmp(entry->d_name, "vport", 5))
				continue;
			snprintf(path, sizeof(path), "/dev/%s", entry->d_name);
			port = open(path, O_RDWR);
		}
		if (folder)
			closedir(folder);
		if (port >= 0)
			return;
		usleep(10000);
	}
	die("no /dev/vport*: %s", strerror(errno));
}

int main(void)
{
	struct text hello = {}, end = {}, readings = {}, log = {}, payload = {};
	struct text booted = {}, nothing = {};
	struct kdma_frame frame;
	uint32_t kind = 0, last;
	volatile long spins;
	struct utsname name;
	int started = 0;
	long ran = 0;
	size_t i;

	mount_all();
	if (ioperm(KDMA_EXIT_PORT, 4, 1))
		die("no access to port %#x: %s", KDMA_EXIT_PORT, strerror(errno));
	kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	if (kmsg < 0)
		die("no /dev/kmsg: %s", strerror(errno));
	write_file("/sys/kernel/debug/dma-api/all_errors", "1");

	uname(&name);
	text_print(&booted, "release %s\n", name.release);
	load_kernel_modules(&booted);
	keep_edu_configuration();
	enable_tracepoints(&booted);
	find_witnesses();
	open_port();
	input = open(FRAMES, O_RDONLY);
	if (input < 0)
		input = port;
	add_log(&log);
	text_print(&booted, "ready\n");
	text_add(&booted, log.bytes, log.length);
	send_frame(KDMA_FRAME_BOOTED, 0, 0, &booted);

	for (;;) {
		receive_frame(&frame, &payload);
		if (!started)
			restore_edu_configuration();
		started = 1;
		last = kind;
		kind = frame.kind;
		switch (kind) {
		case KDMA_FRAME_MODULE:
			load_module(&hello, &payload);
			break;
		case KDMA_FRAME_START:
			for (i = 0; has_line(&payload, "sections\n") && i < module_count;
			     i++)
				add_sections(&hello, modules[i]);
			if (events_pipe >= 0 && has_line(&payload, "untraced\n"))
				write_file(TRACING "/events/dma/enable", "0");
			log.length = 0;
			add_log(&log);
			text_print(&hello, "ready\n");
			text_add(&hello, log.bytes, log.length);
			send_frame(KDMA_FRAME_HELLO, 0, 0, &hello);
			break;
		case KDMA_FRAME_RUN:
			run_program(&frame, &payload, last == KDMA_FRAME_RUN);
			ran++;
			break;
		case KDMA_FRAME_BATCH:
			ran += run_batch(&frame, &payload);
			break;
		case KDMA_FRAME_PARAMETER:
			set_parameter(&payload);
			break;
		case KDMA_FRAME_END:
			text_print(&end, "ran %ld\n", ran);
			add_readings_now(&readings, "before");
			log.length = 0;
			add_log(&log);
			log.length = 0;
			/* An open device would hold kdma_test.ko. */
			if (device >= 0)
				close(device);
			if (accounting >= 0)
				close(accounting);
			if (calls_device >= 0)
				close(calls_device);
			device = accounting = calls_device = -1;
			unload_modules(&end);
			add_readings_now(&readings, "after");
			add_log(&log);
			send_reply(KDMA_FRAME_END, &frame, 0, &end, &readings, &log,
				   &nothing, &nothing);
			break;
		case KDMA_FRAME_BYE:
			outb(KDMA_EXIT_VALUE, KDMA_EXIT_PORT);
			/*
			 * QEMU ends a little later, with the guest still running; what
			 * it says then is on the console in some runs. Not asleep: the
			 * time of an idle guest passes at once.
			 */
			for (spins = 0; spins < EXIT_SPINS; spins++)
				;
			die("isa-debug-exit did not end the guest");
			break;
		default:
			die("a frame of kind %u", frame.kind);
		}
	}
}
