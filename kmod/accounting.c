// SPDX-License-Identifier: GPL-2.0
/*
 * What a program gets in a driver and does not give back. See accounting.h.
 *
 * The probes run inside the allocators. They allocate nothing, call nothing that
 * could, and take one raw spinlock of their own, under which nothing else is
 * locked.
 */
#include <linux/bitmap.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/hash.h>
#include <linux/kallsyms.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include <linux/vmalloc.h>
#include <trace/events/iommu.h>
#include <trace/events/kmem.h>

#include "accounting.h"
#include "caller.h"
#include "program.h"

/* Slab objects and pages of IOVA: enough for thousands of mappings, or for 128 MiB. */
#define KDMA_HELD_MAX  32768
#define KDMA_HELD_BITS 12
#define KDMA_NONE      U32_MAX
/* The guest has 512 MiB, at most half of them above 4 GiB. */
#define KDMA_FRAMES_MAX ((SZ_4G + SZ_512M) >> PAGE_SHIFT)
/* So many page frames are cleared and looked through at once. */
#define KDMA_BLOCK_SHIFT 9
#define KDMA_BLOCKS_MAX	 (KDMA_FRAMES_MAX >> KDMA_BLOCK_SHIFT)
#define KDMA_IOVA_SHIFT	 12
#define KDMA_GROUPS_MAX	 64
#define KDMA_KEEPERS_MAX 16
/* The kernel frees some things late: the IOMMU's flush queue waits for 10 ms. */
#define KDMA_LATE_US 20000

enum kdma_account {
	KDMA_ACCOUNT_IOVA,
	KDMA_ACCOUNT_PAGE,
	KDMA_ACCOUNT_SLAB,
	KDMA_ACCOUNTS
};

static const char *const kdma_account_names[KDMA_ACCOUNTS] = {"iova", "page", "slab"};

/* A slab object or a page of IOVA that was got and not given back. */
struct kdma_held {
	unsigned long key;
	unsigned long caller;
	u32 size;
	u32 operation;
	u32 next;
	enum kdma_account account;
};

/* Things alike, for the report. */
struct kdma_held_group {
	enum kdma_account account;
	u32 operation;
	u32 size;
	u32 count;
	unsigned long caller;
};

static DEFINE_RAW_SPINLOCK(kdma_held_lock);
/* A hash table of lists, and a list of unused entries; all by index. */
static struct kdma_held *kdma_held;
static u32 kdma_heads[1 << KDMA_HELD_BITS];
static u32 kdma_free_head;
static u32 kdma_used;
static u32 kdma_held_count;
static u32 kdma_overflow;
/* By page frame: the operation that got it, counted from 1; 0: it is not held. */
static u16 *kdma_frames;
static DECLARE_BITMAP(kdma_blocks, KDMA_BLOCKS_MAX);
static u32 kdma_frame_count;

/* The task whose program runs; what it frees late is followed a little longer. */
static struct task_struct *kdma_accounted;
static bool kdma_following;
static const struct kdma_result *kdma_results;
static u32 kdma_result_count;
static u32 kdma_cursor;

static struct kdma_held_group kdma_groups[KDMA_GROUPS_MAX];
/* The first slab objects of a kind that came from the zone for DMA. */
static struct kdma_held_group kdma_from_zone;
/* DMA pools that the device had when the driver was done. */
static u32 kdma_pools;

static bool kdma_is_watched(void)
{
	return READ_ONCE(kdma_accounted) == current && in_task();
}

static u32 *kdma_head(enum kdma_account account, unsigned long key)
{
	return &kdma_heads[hash_long(key ^ account, KDMA_HELD_BITS)];
}

static void kdma_forget_locked(enum kdma_account account, unsigned long key)
{
	u32 *link = kdma_head(account, key);

	while (*link != KDMA_NONE) {
		struct kdma_held *held = &kdma_held[*link];
		u32 index = *link;

		if (held->key == key && held->account == account) {
			*link = held->next;
			held->next = kdma_free_head;
			kdma_free_head = index;
			kdma_held_count--;
			return;
		}
		link = &held->next;
	}
}

static struct kdma_held *kdma_new_held_locked(u32 *index)
{
	*index = kdma_free_head;
	if (*index != KDMA_NONE)
		kdma_free_head = kdma_held[*index].next;
	else if (kdma_used < KDMA_HELD_MAX)
		*index = kdma_used++;
	else
		return NULL;
	return &kdma_held[*index];
}

/* @count things of @size bytes were got, with keys from @key on. */
static void kdma_got(enum kdma_account account, unsigned long key, unsigned long count,
		     u32 size, unsigned long caller)
{
	struct kdma_held *held;
	unsigned long flags;
	u32 *head, index;

	if (!kdma_is_watched())
		return;
	raw_spin_lock_irqsave(&kdma_held_lock, flags);
	for (; count; count--, key++) {
		/* Some ways of freeing have no tracepoint. */
		kdma_forget_locked(account, key);
		held = kdma_new_held_locked(&index);
		if (!held) {
			kdma_overflow += count;
			break;
		}
		head = kdma_head(account, key);
		*held = (struct kdma_held){
			.key = key,
			.caller = caller,
			.size = size,
			.operation = kdma_operation_at_work(
				kdma_results, kdma_result_count, &kdma_cursor),
			.next = *head,
			.account = account,
		};
		*head = index;
		kdma_held_count++;
	}
	raw_spin_unlock_irqrestore(&kdma_held_lock, flags);
}

static void kdma_gave(enum kdma_account account, unsigned long key, unsigned long count)
{
	unsigned long flags;

	if (!READ_ONCE(kdma_following) || !READ_ONCE(kdma_held_count))
		return;
	raw_spin_lock_irqsave(&kdma_held_lock, flags);
	for (; count && kdma_held_count; count--, key++)
		kdma_forget_locked(account, key);
	raw_spin_unlock_irqrestore(&kdma_held_lock, flags);
}

/*
 * Where vmalloc() and the IOMMU layer get what describes an area or an IOVA, and
 * the lists in which the latter keeps IOVAs, to use them again. What is mapped with
 * these is accounted by itself. They are known by their names, without a compiler's
 * suffix, and from then on by address.
 */
static unsigned long kdma_keepers[KDMA_KEEPERS_MAX];

static const char *const kdma_keeper_names[] = {
	"__iova_rcache_insert", "alloc_iova",	  "alloc_iova_mem",
	"alloc_vmap_area",	"free_iova_fast", "iova_magazine_alloc",
	"iova_rcache_insert",
};

static bool kdma_is_keeper(unsigned long caller)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kdma_keepers) && kdma_keepers[i]; i++)
		if (kdma_keepers[i] == caller)
			return true;
	return false;
}

/* As above, for a caller that is not known yet. Not for probes: it looks for a symbol. */
static bool kdma_note_keeper(unsigned long caller)
{
	char name[KSYM_SYMBOL_LEN];
	size_t i;

	if (!caller)
		return false;
	snprintf(name, sizeof(name), "%ps", (void *)caller);
	name[strcspn(name, ".")] = 0;
	if (match_string(kdma_keeper_names, ARRAY_SIZE(kdma_keeper_names), name) < 0)
		return false;
	for (i = 0; i < ARRAY_SIZE(kdma_keepers); i++) {
		if (!kdma_keepers[i]) {
			kdma_keepers[i] = caller;
			break;
		}
	}
	return true;
}

/*
 * Drivers ask for a mask, and the DMA layer chooses the zone of pages by it. What it
 * remembers them in is for the CPU, and may lie anywhere.
 */
static void kdma_note_zone(gfp_t flags, u32 size, unsigned long caller)
{
	if (!(flags & __GFP_DMA) || !kdma_is_watched())
		return;
	if (!kdma_from_zone.count)
		kdma_from_zone = (struct kdma_held_group){
			.operation = kdma_operation_at_work(
				kdma_results, kdma_result_count, &kdma_cursor),
			.size = size,
			.caller = caller,
		};
	kdma_from_zone.count++;
}

static void kdma_on_kmalloc(void *data, unsigned long caller, const void *object,
			    size_t asked, size_t given, gfp_t flags, int node)
{
	kdma_note_zone(flags, asked, caller);
	if (!ZERO_OR_NULL_PTR(object))
		kdma_got(KDMA_ACCOUNT_SLAB, (unsigned long)object, 1, asked, caller);
}

static void kdma_on_kfree(void *data, unsigned long caller, const void *object)
{
	if (!ZERO_OR_NULL_PTR(object))
		kdma_gave(KDMA_ACCOUNT_SLAB, (unsigned long)object, 1);
}

static void kdma_on_cache_alloc(void *data, unsigned long caller, const void *object,
				struct kmem_cache *cache, gfp_t flags, int node)
{
	kdma_note_zone(flags, kmem_cache_size(cache), caller);
	if (object && !kdma_is_keeper(caller))
		kdma_got(KDMA_ACCOUNT_SLAB, (unsigned long)object, 1,
			 kmem_cache_size(cache), caller);
}

static void kdma_on_cache_free(void *data, unsigned long caller, const void *object,
			       const struct kmem_cache *cache)
{
	if (object)
		kdma_gave(KDMA_ACCOUNT_SLAB, (unsigned long)object, 1);
}

static void kdma_on_page_alloc(void *data, struct page *page, unsigned int order,
			       gfp_t gfp_flags, int migratetype)
{
	unsigned long flags, frame, end;
	u16 mark;

	if (!page || !kdma_is_watched())
		return;
	frame = page_to_pfn(page);
	end = frame + (1UL << order);
	raw_spin_lock_irqsave(&kdma_held_lock, flags);
	if (end > KDMA_FRAMES_MAX) {
		kdma_overflow += 1U << order;
		goto unlock;
	}
	mark = kdma_operation_at_work(kdma_results, kdma_result_count, &kdma_cursor) + 1;
	for (; frame < end; frame++) {
		__set_bit(frame >> KDMA_BLOCK_SHIFT, kdma_blocks);
		kdma_frame_count += !kdma_frames[frame];
		kdma_frames[frame] = mark;
	}
unlock:
	raw_spin_unlock_irqrestore(&kdma_held_lock, flags);
}

static void kdma_on_page_free(void *data, struct page *page, unsigned int order)
{
	unsigned long flags, frame, end;

	if (!READ_ONCE(kdma_following) || !READ_ONCE(kdma_frame_count))
		return;
	frame = page_to_pfn(page);
	end = min_t(unsigned long, frame + (1UL << order), KDMA_FRAMES_MAX);
	raw_spin_lock_irqsave(&kdma_held_lock, flags);
	for (; frame < end; frame++) {
		kdma_frame_count -= !!kdma_frames[frame];
		kdma_frames[frame] = 0;
	}
	raw_spin_unlock_irqrestore(&kdma_held_lock, flags);
}

static void kdma_on_map(void *data, unsigned long iova, phys_addr_t physical, size_t size)
{
	kdma_got(KDMA_ACCOUNT_IOVA, iova >> KDMA_IOVA_SHIFT, size >> KDMA_IOVA_SHIFT,
		 1 << KDMA_IOVA_SHIFT, 0);
}

static void kdma_on_unmap(void *data, unsigned long iova, size_t size, size_t unmapped)
{
	kdma_gave(KDMA_ACCOUNT_IOVA, iova >> KDMA_IOVA_SHIFT,
		  unmapped >> KDMA_IOVA_SHIFT);
}

/* A tracepoint, and what it calls; NULL where the kernel's has other arguments. */
struct kdma_source {
	const char *name;
	enum kdma_account account;
	void *probe;
	struct tracepoint *tracepoint;
	bool registered;
};

#define KDMA_SOURCE(event, of, function) \
	{.name = #event, \
	 .account = (of), \
	 .probe = __builtin_choose_expr( \
		 __builtin_types_compatible_p( \
			 typeof(&check_trace_callback_type_##event), \
			 void (*)(typeof(&(function)))), \
		 (function), NULL)}

static struct kdma_source kdma_sources[] = {
	KDMA_SOURCE(kfree, KDMA_ACCOUNT_SLAB, kdma_on_kfree),
	KDMA_SOURCE(kmalloc, KDMA_ACCOUNT_SLAB, kdma_on_kmalloc),
	KDMA_SOURCE(kmem_cache_alloc, KDMA_ACCOUNT_SLAB, kdma_on_cache_alloc),
	KDMA_SOURCE(kmem_cache_free, KDMA_ACCOUNT_SLAB, kdma_on_cache_free),
	KDMA_SOURCE(map, KDMA_ACCOUNT_IOVA, kdma_on_map),
	KDMA_SOURCE(mm_page_alloc, KDMA_ACCOUNT_PAGE, kdma_on_page_alloc),
	KDMA_SOURCE(mm_page_free, KDMA_ACCOUNT_PAGE, kdma_on_page_free),
	KDMA_SOURCE(unmap, KDMA_ACCOUNT_IOVA, kdma_on_unmap),
};

/* By name, since not all of them are exported. */
static void kdma_find_source(struct tracepoint *tracepoint, void *unused)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kdma_sources); i++)
		if (!strcmp(tracepoint->name, kdma_sources[i].name))
			kdma_sources[i].tracepoint = tracepoint;
}

static bool kdma_is_accounted(enum kdma_account account)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kdma_sources); i++)
		if (kdma_sources[i].account == account && !kdma_sources[i].registered)
			return false;
	return true;
}

int kdma_accounting_open(void)
{
	size_t i;

	kdma_held = vmalloc(array_size(KDMA_HELD_MAX, sizeof(*kdma_held)));
	kdma_frames = vzalloc(array_size(KDMA_FRAMES_MAX, sizeof(*kdma_frames)));
	if (!kdma_held || !kdma_frames) {
		kdma_accounting_close();
		return -ENOMEM;
	}
	memset(kdma_heads, 0xff, sizeof(kdma_heads));
	if (!IS_ENABLED(CONFIG_TRACEPOINTS))
		return 0;
	for_each_kernel_tracepoint(kdma_find_source, NULL);
	for (i = 0; i < ARRAY_SIZE(kdma_sources); i++) {
		struct kdma_source *source = &kdma_sources[i];

		if (source->tracepoint && source->probe)
			source->registered = !tracepoint_probe_register(
				source->tracepoint, source->probe, NULL);
	}
	return 0;
}

void kdma_accounting_close(void)
{
	size_t i;

	for (i = 0; IS_ENABLED(CONFIG_TRACEPOINTS) && i < ARRAY_SIZE(kdma_sources); i++)
		if (kdma_sources[i].registered)
			tracepoint_probe_unregister(kdma_sources[i].tracepoint,
						    kdma_sources[i].probe, NULL);
	tracepoint_synchronize_unregister();
	vfree(kdma_frames);
	vfree(kdma_held);
	kdma_frames = NULL;
	kdma_held = NULL;
}

void kdma_accounting_start(const struct kdma_result *results, u32 count)
{
	unsigned long block;

	if (!kdma_held)
		return;
	if (kdma_used)
		memset(kdma_heads, 0xff, sizeof(kdma_heads));
	for_each_set_bit(block, kdma_blocks, KDMA_BLOCKS_MAX)
		memset(kdma_frames + (block << KDMA_BLOCK_SHIFT), 0,
		       sizeof(*kdma_frames) << KDMA_BLOCK_SHIFT);
	bitmap_zero(kdma_blocks, KDMA_BLOCKS_MAX);
	kdma_frame_count = 0;
	kdma_free_head = KDMA_NONE;
	kdma_used = 0;
	kdma_held_count = 0;
	kdma_overflow = 0;
	memset(&kdma_from_zone, 0, sizeof(kdma_from_zone));
	kdma_pools = 0;
	kdma_results = results;
	kdma_result_count = count;
	kdma_cursor = 0;
	WRITE_ONCE(kdma_following, true);
	WRITE_ONCE(kdma_accounted, current);
}

static void kdma_add_to_groups(const struct kdma_held_group *one)
{
	size_t i;

	if (kdma_is_keeper(one->caller))
		return;
	/* The last group takes what is of too many kinds. */
	for (i = 0; i < KDMA_GROUPS_MAX - 1 && kdma_groups[i].count; i++)
		if (kdma_groups[i].account == one->account &&
		    kdma_groups[i].size == one->size &&
		    kdma_groups[i].operation == one->operation &&
		    kdma_groups[i].caller == one->caller)
			break;
	if (!kdma_groups[i].count) {
		if (kdma_note_keeper(one->caller))
			return;
		kdma_groups[i] = *one;
	}
	kdma_groups[i].count++;
}

/* Puts all that is held in groups. False if nothing is. */
static bool kdma_group_held(void)
{
	struct kdma_held_group one = {};
	unsigned long block, frame;
	u32 index;
	size_t i;

	memset(kdma_groups, 0, sizeof(kdma_groups));
	for (i = 0; kdma_held_count && i < ARRAY_SIZE(kdma_heads); i++) {
		for (index = kdma_heads[i]; index != KDMA_NONE;
		     index = kdma_held[index].next) {
			one.account = kdma_held[index].account;
			one.operation = kdma_held[index].operation;
			one.size = kdma_held[index].size;
			one.caller = kdma_held[index].caller;
			kdma_add_to_groups(&one);
		}
	}
	if (!kdma_frame_count)
		return kdma_groups[0].count;
	one.account = KDMA_ACCOUNT_PAGE;
	one.size = PAGE_SIZE;
	one.caller = 0;
	for_each_set_bit(block, kdma_blocks, KDMA_BLOCKS_MAX)
	{
		for (frame = block << KDMA_BLOCK_SHIFT;
		     frame < (block + 1) << KDMA_BLOCK_SHIFT; frame++) {
			/* Allocators keep these, to give out parts of them. */
			if (!kdma_frames[frame] || PageSlab(pfn_to_page(frame)) ||
			    PageTable(pfn_to_page(frame)))
				continue;
			one.operation = kdma_frames[frame] - 1;
			kdma_add_to_groups(&one);
		}
	}
	return kdma_groups[0].count;
}

void kdma_accounting_count_pools(struct device *dev)
{
	struct list_head *each;

	kdma_pools = 0;
	list_for_each(each, &dev->dma_pools) kdma_pools++;
}

void kdma_accounting_stop(void)
{
	WRITE_ONCE(kdma_accounted, NULL);
	if (!kdma_held)
		return;
	if (kdma_group_held())
		usleep_range(KDMA_LATE_US, KDMA_LATE_US + 1000);
	WRITE_ONCE(kdma_following, false);
}

/* A function's name, as one word. */
static void kdma_name_caller(char name[KSYM_SYMBOL_LEN], unsigned long caller)
{
	strscpy(name, "-", KSYM_SYMBOL_LEN);
	if (caller)
		snprintf(name, KSYM_SYMBOL_LEN, "%ps", (void *)caller);
	/* A module's name comes after a space, which ends the line's own. */
	strreplace(name, ' ', ':');
}

size_t kdma_accounting_report(char *text, size_t room)
{
	char caller[KSYM_SYMBOL_LEN];
	size_t length = 0, i;

	if (!kdma_held)
		return 0;
	kdma_group_held();
	for (i = 0; i < KDMA_ACCOUNTS; i++)
		if (kdma_is_accounted(i))
			length += scnprintf(text + length, room - length,
					    "accounted.%s 1\n", kdma_account_names[i]);
	if (kdma_overflow)
		length += scnprintf(text + length, room - length,
				    "accounted.overflow %u\n", kdma_overflow);
	length += scnprintf(text + length, room - length, "pools %u\n", kdma_pools);
	if (kdma_from_zone.count) {
		kdma_name_caller(caller, kdma_from_zone.caller);
		length += scnprintf(text + length, room - length, "zone.%u.%u.%s %u\n",
				    kdma_from_zone.operation, kdma_from_zone.size, caller,
				    kdma_from_zone.count);
	}
	for (i = 0; i < KDMA_GROUPS_MAX && kdma_groups[i].count; i++) {
		const struct kdma_held_group *group = &kdma_groups[i];

		kdma_name_caller(caller, group->caller);
		length +=
			scnprintf(text + length, room - length, "leaked.%s.%u.%u.%s %u\n",
				  kdma_account_names[group->account], group->operation,
				  group->size, caller, group->count);
	}
	return length;
}
