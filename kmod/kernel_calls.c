// SPDX-License-Identifier: GPL-2.0
/*
 * What a program's operations ask of the kernel's functions. See kernel_calls.h.
 *
 * ftrace calls kdma_on_call() where one of the functions begins; where the kernel
 * has no place for ftrace (it builds lib/ without), a kprobe does. Only calls count
 * that a module makes, the core excepted: what the kernel's functions call
 * themselves is no affair of a driver, and differs between kernels.
 */
#include <linux/ftrace.h>
#include <linux/io.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/vmalloc.h>

#include "caller.h"
#include "kernel_calls.h"
#include "kernel_symbol.h"

/* Some 10,000 calls. */
#define KDMA_CALLS_ROOM SZ_512K
/* Below, a value is no address. */
#define KDMA_NO_ADDRESS PAGE_SIZE
/* All that is kept of an address of which nothing is known. */
#define KDMA_LOW_BITS 7
#define KDMA_KINDS    5

enum kdma_argument {
	/* These index what a slot had before. */
	KDMA_ARGUMENT_CPU,
	KDMA_ARGUMENT_DMA,
	KDMA_ARGUMENT_OBJECT,
	KDMA_ARGUMENT_PAGE,
	KDMA_ARGUMENT_PHYS,
	/* These do not. */
	KDMA_ARGUMENT_DEVICE,
	KDMA_ARGUMENT_INT,
	KDMA_ARGUMENT_LONG,
	KDMA_ARGUMENT_NAME,
	KDMA_ARGUMENT_OFFSET,
	KDMA_ARGUMENT_OUT,
};

struct kdma_function {
	const char *name;
	unsigned long address;
	bool backend;
	u8 count;
	u8 kinds[KDMA_CALL_MAX_ARGUMENTS];
};

#define KDMA_BACKEND(name, ...)
#define KDMA_FUNCTION(name, ...) KDMA_KERNEL_SYMBOL(name)
#include "kernel_functions.h"
#undef KDMA_BACKEND
#undef KDMA_FUNCTION

#define CPU(name)    KDMA_ARGUMENT_CPU
#define DEVICE(name) KDMA_ARGUMENT_DEVICE
#define DMA(name)    KDMA_ARGUMENT_DMA
#define INT(name)    KDMA_ARGUMENT_INT
#define LONG(name)   KDMA_ARGUMENT_LONG
#define NAME(name)   KDMA_ARGUMENT_NAME
#define OBJECT(name) KDMA_ARGUMENT_OBJECT
#define OFFSET(name) KDMA_ARGUMENT_OFFSET
#define OUT(name)    KDMA_ARGUMENT_OUT
#define PAGE(name)   KDMA_ARGUMENT_PAGE
#define PHYS(name)   KDMA_ARGUMENT_PHYS
#define PIECES(name) KDMA_ARGUMENT_INT
#define KDMA_NAMED(function, at, behind, ...) \
	{ \
		.name = #function, \
		.address = (at), \
		.backend = (behind), \
		.count = sizeof((u8[]){__VA_ARGS__}), \
		.kinds = {__VA_ARGS__}, \
	},
#define KDMA_BACKEND(function, ...) KDMA_NAMED(function, 0, true, __VA_ARGS__)
#define KDMA_FUNCTION(function, ...) \
	KDMA_NAMED(function, (unsigned long)kdma_at_##function, false, __VA_ARGS__)
/* Addresses of backends are looked for when recording begins. */
static struct kdma_function kdma_functions[] = {
#include "kernel_functions.h"
};
#undef KDMA_BACKEND
#undef KDMA_FUNCTION
#undef KDMA_NAMED
static_assert(ARRAY_SIZE(kdma_functions) <= 64);

/* What a slot was last seen with. */
struct kdma_seen {
	unsigned long values[KDMA_KINDS];
};

static struct kdma_calls_header *kdma_recorded;
static struct kdma_seen *kdma_seen;
/* Numbers of those that ftrace watches, by address. */
static u8 kdma_by_address[ARRAY_SIZE(kdma_functions)];
static unsigned int kdma_by_address_count;

/* The task whose program runs. */
static struct task_struct *kdma_caller;
static const struct kdma_run *kdma_run;
static const struct kdma_buffer_shape *kdma_shapes;
static u32 kdma_cursor;

static u64 kdma_refer(enum kdma_referent referent, u64 number, u64 offset)
{
	return (u64)referent << 56 | number << 40 | (offset & (BIT_ULL(40) - 1));
}

/* Where memory begins, seen as @kind says; 0: it is not to be seen so. */
static u64 kdma_start_of_buffer(u32 index, enum kdma_argument kind)
{
	const struct kdma_buffer *buffer = &kdma_run->buffers[index];

	switch (kind) {
	case KDMA_ARGUMENT_CPU:
		return (unsigned long)buffer->cpu_address;
	case KDMA_ARGUMENT_PHYS:
		return buffer->physical_address;
	case KDMA_ARGUMENT_PAGE:
		/* Several objects of a slab may share a page. */
		return kdma_shapes[index].kind == KDMA_BUFFER_PAGES
			       ? buffer->physical_address
			       : 0;
	default:
		return 0;
	}
}

static u64 kdma_start_of_slot(const struct kdma_slot *slot, enum kdma_argument kind)
{
	switch (kind) {
	case KDMA_ARGUMENT_CPU:
		return (unsigned long)slot->cpu_address;
	case KDMA_ARGUMENT_DMA:
		return slot->dma_address == KDMA_MAPPING_ERROR ? 0 : slot->dma_address;
	case KDMA_ARGUMENT_PAGE:
		return slot->cpu_address && virt_addr_valid(slot->cpu_address)
			       ? virt_to_phys(slot->cpu_address)
			       : 0;
	default:
		return 0;
	}
}

static bool kdma_is_within(u64 address, u64 start, u64 size)
{
	return start && address >= start && address - start < size;
}

/* What an address is of, without what differs from run to run. */
static u64 kdma_referent(u32 operation, enum kdma_argument kind, unsigned long value)
{
	u32 own = kdma_run->operations[operation].slot, i;
	const struct kdma_slot *slot;
	u64 address = value, start;
	unsigned long *before;

	if (value < KDMA_NO_ADDRESS)
		return value;
	if (kind == KDMA_ARGUMENT_DMA && value == KDMA_MAPPING_ERROR)
		return kdma_refer(KDMA_REFERENT_ERROR, 0, 0);
	if (kind == KDMA_ARGUMENT_PAGE)
		address = page_to_phys((struct page *)value);
	if (own < kdma_run->slot_count) {
		slot = &kdma_run->slots[own];
		start = kdma_start_of_slot(slot, kind);
		if (kdma_is_within(address, start, slot->size))
			return kdma_refer(KDMA_REFERENT_SLOT, own, address - start);
	}
	for (i = 0; i < kdma_run->buffer_count; i++) {
		start = kdma_start_of_buffer(i, kind);
		if (kdma_is_within(address, start, kdma_run->buffers[i].size))
			return kdma_refer(KDMA_REFERENT_BUFFER, i, address - start);
	}
	for (i = 0; kind <= KDMA_ARGUMENT_DMA && i < kdma_run->slot_count; i++) {
		slot = &kdma_run->slots[i];
		if (slot->state != KDMA_SLOT_MAPPED && slot->state != KDMA_SLOT_ALLOCATED)
			continue;
		start = kdma_start_of_slot(slot, kind);
		if (kdma_is_within(address, start, slot->size))
			return kdma_refer(KDMA_REFERENT_SLOT, i, address - start);
	}
	before = own < kdma_run->slot_count ? &kdma_seen[own].values[kind] : NULL;
	if (before && !*before) {
		*before = value;
		return kdma_refer(KDMA_REFERENT_FIRST, 0, value & KDMA_LOW_BITS);
	}
	return kdma_refer(before && *before == value ? KDMA_REFERENT_SAME
						     : KDMA_REFERENT_OTHER,
			  0, value & KDMA_LOW_BITS);
}

/* @before: the argument before it. */
static u64 kdma_argument(u32 operation, enum kdma_argument kind, unsigned long value,
			 unsigned long before)
{
	switch (kind) {
	case KDMA_ARGUMENT_DEVICE:
		if (value == (unsigned long)kdma_run->device)
			return kdma_refer(KDMA_REFERENT_DEVICE, 0, 0);
		return value < KDMA_NO_ADDRESS ? value
					       : kdma_refer(KDMA_REFERENT_OTHER, 0, 0);
	case KDMA_ARGUMENT_INT:
		return (u32)value;
	case KDMA_ARGUMENT_LONG:
		return value;
	case KDMA_ARGUMENT_NAME:
		return kdma_refer(KDMA_REFERENT_ANY, 0, 0);
	case KDMA_ARGUMENT_OFFSET:
		/* Where in its page an object of a slab lies is luck. */
		if (before < KDMA_NO_ADDRESS)
			return value;
		return kdma_referent(operation, KDMA_ARGUMENT_PHYS,
				     page_to_phys((struct page *)before) + value);
	case KDMA_ARGUMENT_OUT:
		return value < KDMA_NO_ADDRESS
			       ? value
			       : kdma_refer(KDMA_REFERENT_ANY, 0, value & KDMA_LOW_BITS);
	default:
		return kdma_referent(operation, kind, value);
	}
}

/* The first six arguments are in registers, the next one above the return address. */
static unsigned long kdma_raw_argument(struct pt_regs *regs, unsigned int n)
{
	return n < 6 ? regs_get_kernel_argument(regs, n)
		     : regs_get_kernel_stack_nth(regs, n - 5);
}

static void kdma_on_call(unsigned int number, unsigned long from, struct pt_regs *regs)
{
	const struct kdma_function *function = &kdma_functions[number];
	unsigned long value = 0, before;
	struct kdma_call *call;
	unsigned int i;
	u32 operation;
	u64 *values;
	size_t size;

	if (READ_ONCE(kdma_caller) != current || !kdma_is_in_driver(from))
		return;
	operation = kdma_operation_at_work(kdma_run->results, kdma_run->operation_count,
					   &kdma_cursor);
	if (operation == kdma_run->operation_count)
		return;
	size = sizeof(*call) + function->count * sizeof(*values);
	if (size > KDMA_CALLS_ROOM - sizeof(*kdma_recorded) - kdma_recorded->length) {
		kdma_recorded->lost++;
		return;
	}
	call = (void *)(kdma_recorded + 1) + kdma_recorded->length;
	kdma_recorded->length += size;
	*call = (struct kdma_call){
		.operation = operation,
		.function = number,
		.count = function->count,
	};
	values = (u64 *)(call + 1);
	for (i = 0; i < function->count; i++) {
		before = value;
		value = kdma_raw_argument(regs, i);
		values[i] = kdma_argument(operation, function->kinds[i], value, before);
	}
}

#ifdef CONFIG_DYNAMIC_FTRACE_WITH_REGS
/* The place of ftrace is at the function's beginning, or after an ENDBR there. */
static void notrace kdma_on_entry(unsigned long ip, unsigned long from,
				  struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	struct pt_regs *regs = ftrace_get_regs(fregs);
	unsigned int low = 0, high = kdma_by_address_count;

	if (READ_ONCE(kdma_caller) != current || !regs || !in_task())
		return;
	while (high - low > 1) {
		unsigned int middle = (low + high) / 2;

		if (kdma_functions[kdma_by_address[middle]].address <= ip)
			low = middle;
		else
			high = middle;
	}
	kdma_on_call(kdma_by_address[low], from, regs);
}

static struct ftrace_ops kdma_entries = {
	.func = kdma_on_entry,
	.flags = FTRACE_OPS_FL_SAVE_REGS,
};

/* Has ftrace a place in the function? Then it is watched from the next step on. */
static bool kdma_add_entry(unsigned int number)
{
	unsigned long address = kdma_functions[number].address;
	unsigned int i = kdma_by_address_count;

	if (ftrace_set_filter_ip(&kdma_entries, address, 0, !i))
		return false;
	for (; i && kdma_functions[kdma_by_address[i - 1]].address > address; i--)
		kdma_by_address[i] = kdma_by_address[i - 1];
	kdma_by_address[i] = number;
	kdma_by_address_count++;
	return true;
}

static void kdma_remove_entries(void)
{
	if (kdma_by_address_count)
		unregister_ftrace_function(&kdma_entries);
	ftrace_free_filter(&kdma_entries);
	kdma_by_address_count = 0;
}

static bool kdma_watch_entries(void)
{
	if (!kdma_by_address_count || !register_ftrace_function(&kdma_entries))
		return true;
	kdma_by_address_count = 0;
	return false;
}
#else
static bool kdma_add_entry(unsigned int number)
{
	return false;
}

static void kdma_remove_entries(void)
{
}

static bool kdma_watch_entries(void)
{
	return true;
}
#endif

#ifdef CONFIG_KPROBES
static struct kprobe kdma_probes[ARRAY_SIZE(kdma_functions)];

static int kdma_on_probe(struct kprobe *probe, struct pt_regs *regs)
{
	kdma_on_call(probe - kdma_probes, regs_get_kernel_stack_nth(regs, 0), regs);
	return 0;
}
NOKPROBE_SYMBOL(kdma_on_probe);

static bool kdma_add_probe(unsigned int number)
{
	kdma_probes[number] = (struct kprobe){
		.symbol_name = kdma_functions[number].name,
		.pre_handler = kdma_on_probe,
	};
	if (!register_kprobe(&kdma_probes[number]))
		return true;
	kdma_probes[number].symbol_name = NULL;
	return false;
}

static void kdma_remove_probes(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kdma_probes); i++)
		if (kdma_probes[i].symbol_name)
			unregister_kprobe(&kdma_probes[i]);
}
#else
static bool kdma_add_probe(unsigned int number)
{
	return false;
}

static void kdma_remove_probes(void)
{
}
#endif

int kdma_kernel_calls_open(void)
{
	u64 has = 0, by_probe = 0, by_entry = 0;
	unsigned int i;

	kdma_recorded = vzalloc(KDMA_CALLS_ROOM);
	kdma_seen = vzalloc(array_size(KDMA_MAX_SLOTS, sizeof(*kdma_seen)));
	if (!kdma_recorded || !kdma_seen) {
		kdma_kernel_calls_close();
		return -ENOMEM;
	}
	for (i = 0; i < ARRAY_SIZE(kdma_functions); i++) {
		if (kdma_functions[i].backend)
			kdma_functions[i].address =
				kdma_address_of(kdma_functions[i].name);
		if (!kdma_functions[i].address) {
			/* Without kprobes nobody can tell. */
			if (kdma_functions[i].backend && !IS_ENABLED(CONFIG_KPROBES))
				has |= BIT_ULL(i);
			continue;
		}
		has |= BIT_ULL(i);
		if (kdma_add_entry(i))
			by_entry |= BIT_ULL(i);
		else if (kdma_add_probe(i))
			by_probe |= BIT_ULL(i);
	}
	if (!kdma_watch_entries())
		by_entry = 0;
	kdma_recorded->magic = KDMA_CALLS_MAGIC;
	kdma_recorded->watched = by_entry | by_probe;
	kdma_recorded->unwatched = has & ~kdma_recorded->watched;
	return 0;
}

void kdma_kernel_calls_close(void)
{
	kdma_remove_entries();
	kdma_remove_probes();
	vfree(kdma_seen);
	vfree(kdma_recorded);
	kdma_seen = NULL;
	kdma_recorded = NULL;
}

void kdma_kernel_calls_start(const struct kdma_run *run,
			     const struct kdma_buffer_shape *shapes)
{
	if (!kdma_recorded)
		return;
	memset(kdma_seen, 0, run->slot_count * sizeof(*kdma_seen));
	kdma_recorded->length = 0;
	kdma_recorded->lost = 0;
	kdma_run = run;
	kdma_shapes = shapes;
	kdma_cursor = 0;
	WRITE_ONCE(kdma_caller, current);
}

void kdma_kernel_calls_stop(void)
{
	WRITE_ONCE(kdma_caller, NULL);
}

const void *kdma_kernel_calls(size_t *length)
{
	*length = kdma_recorded ? sizeof(*kdma_recorded) + kdma_recorded->length : 0;
	return kdma_recorded;
}
