/* SPDX-License-Identifier: GPL-2.0 */
/*
 * frame.h - what travels over the virtio-serial port between harness and guest
 *
 * Freestanding C11. harness/kdma/vm.py reads and writes the same bytes.
 */
#ifndef KDMA_FRAME_H
#define KDMA_FRAME_H

#define KDMA_FRAME_MAGIC       0x4d52464b /* "KFRM" */
#define KDMA_FRAME_MAX_PAYLOAD 0x1000000

/* The value init writes to isa-debug-exit; QEMU exits with (value << 1) | 1. */
#define KDMA_EXIT_PORT	0xf4
#define KDMA_EXIT_VALUE 0x2a

/**
 * enum kdma_frame_kind - what a frame is for
 * @KDMA_FRAME_BOOTED: guest to host, once, before anything of ours is loaded:
 *	lines of text "release RELEASE", "module NAME ERRNO" for each module of
 *	the kernel's own, "tracepoints 0" or "tracepoints 1", "ready", then the
 *	kernel log. Here the harness may take
 *	a snapshot, from which later guests go on.
 * @KDMA_FRAME_MODULE: host to guest: load this module now; its name, a zero
 *	byte, the file
 * @KDMA_FRAME_START: host to guest: that was the last module; its
 *	payload is lines of text: "sections" makes HELLO tell "section MODULE
 *	SECTION ADDRESS" too, before "ready"; "untraced" switches the DMA
 *	tracepoints off
 * @KDMA_FRAME_HELLO: guest to host, answers START: lines of text "module NAME
 *	ERRNO" for each module, "ready", then the kernel log's new lines
 * @KDMA_FRAME_RUN: host to guest: a program for one driver
 * @KDMA_FRAME_TRACE: guest to host, one for each RUN: struct
 *	kdma_reply_header, trace, readings, log, events, calls
 * @KDMA_FRAME_END: host to guest: that was all; guest to host: modules are
 *	unloaded; lines "ran N", "unload NAME ERRNO", readings, then the log
 * @KDMA_FRAME_BYE: host to guest: leave
 * @KDMA_FRAME_PARAMETER: host to guest, between runs: write a parameter of a
 *	module; module, zero byte, parameter, zero byte, value, zero byte
 * @KDMA_FRAME_BATCH: host to guest: many runs at once, for kdma fuzz: u32
 *	count, u32 lengths[count], then as many requests as /dev/kdma takes
 *	them (u32 driver, u32 zero, a program). The guest answers with one
 *	BATCH: for each a struct kdma_reply_header with its trace and its log,
 *	then one more with the readings before and after all of them. The DMA
 *	tracepoints are off meanwhile.
 */
enum kdma_frame_kind {
	KDMA_FRAME_HELLO = 1,
	KDMA_FRAME_RUN = 2,
	KDMA_FRAME_TRACE = 3,
	KDMA_FRAME_END = 4,
	KDMA_FRAME_BYE = 5,
	KDMA_FRAME_BOOTED = 6,
	KDMA_FRAME_MODULE = 7,
	KDMA_FRAME_START = 8,
	KDMA_FRAME_PARAMETER = 9,
	KDMA_FRAME_BATCH = 10,
};

/**
 * struct kdma_frame - header of a frame
 * @magic: KDMA_FRAME_MAGIC
 * @kind: enum kdma_frame_kind
 * @sequence: number of the RUN frame, echoed in its TRACE; otherwise 0
 * @driver: enum kdma_driver_kind for RUN and TRACE; otherwise 0
 * @length: bytes of payload that follow, at most KDMA_FRAME_MAX_PAYLOAD
 * @checksum: CRC-32 of the payload
 */
struct kdma_frame {
	uint32_t magic;
	uint32_t kind;
	uint32_t sequence;
	uint32_t driver;
	uint32_t length;
	uint32_t checksum;
};

/**
 * struct kdma_reply_header - opens the payload of a TRACE or END frame, and
 *	each part of a BATCH
 * @trace_length: bytes of trace; in an END frame, of its lines
 * @readings_length: bytes of text, lines "name value"
 * @log_length: bytes of text, the kernel log's new lines
 * @events_length: bytes of text, what the kernel's DMA tracepoints saw, as
 *	trace_pipe prints it; 0 in an END frame and without tracepoints
 * @calls_length: bytes of struct kdma_calls_header and what follows it; 0 in an END
 *	frame, in a BATCH and where no calls are recorded
 * @error: errno of /dev/kdma when it gave no trace; otherwise 0
 */
struct kdma_reply_header {
	uint32_t trace_length;
	uint32_t readings_length;
	uint32_t log_length;
	uint32_t events_length;
	uint32_t calls_length;
	uint32_t error;
};

#endif /* KDMA_FRAME_H */
