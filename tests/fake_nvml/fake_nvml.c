/* A library that answers as NVIDIA's does, by a script.

   $FAKE_NVML names a folder. Its `state`, read anew at each call, describes the boards, one word
   and its value a line (fake_nvml.py writes it); its `now`, if there, is the time in seconds, else
   the monotonic clock since `start_s`. A handle is a number: 16 for each board, plus the slice.

   Energy is the exact integral of a power that is linear between points, shown in steps. */
#define _GNU_SOURCE
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { OK, NOT_INITIALISED, INVALID, NOT_SUPPORTED, NOT_FOUND = 6, TOO_SMALL, UNKNOWN = 999 };
enum { BOARDS = 16, POINTS = 64, SLICES = 8, PROCESSES = 16, FAULTS = 64, TEXT = 96 };
typedef struct { int count; double t[POINTS], w[POINTS]; } Curve;
typedef struct { char call[TEXT]; int board, code, after, times; } Fault;
typedef struct {
  char uuid[TEXT], name[TEXT], slice[SLICES][TEXT];
  Curve power, counter;                  /* shown, and counted */
  double average_s, step_s, reset_s;
  unsigned limit_mw, temperature_c, clock_mhz, architecture, scopes, mode, mig, slices;
  unsigned gi[SLICES], ci[SLICES], pid[PROCESSES], sm[PROCESSES], processes;
  unsigned long long reasons, total, used;
  double process_s[PROCESSES];
} Board;
typedef uintptr_t Handle;
typedef struct { uint32_t field, scope; int64_t time, latency; int32_t type, code; uint64_t value; } Field;
typedef struct { uint32_t pid; uint64_t time_us; uint32_t sm, memory, encoder, decoder; } Sample;

static _Thread_local Board boards[BOARDS]; /* each thread reads the state for itself */
static _Thread_local Fault faults[FAULTS];
static _Thread_local int board_count, fault_count;
static _Thread_local double start_s;
static _Thread_local char driver[TEXT];
static struct { char call[TEXT]; int board, calls; } counts[256];
static int opened, generation = -1;

static FILE *open_file(const char *name) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", getenv("FAKE_NVML") ? getenv("FAKE_NVML") : ".", name);
  return fopen(path, "r");
}

static double now_s(void) {
  double t;
  FILE *file = open_file("now");
  int told = file && fscanf(file, "%lf", &t) == 1;
  if (file) fclose(file);
  if (told) return t;
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec + now.tv_nsec * 1e-9 - start_s;
}

static void add_point(Curve *curve, const char *text) {
  if (curve->count < POINTS &&
      sscanf(text, "%lf %lf", &curve->t[curve->count], &curve->w[curve->count]) == 2) curve->count++;
}

static void read_line(const char *word, const char *rest) {
  Board *b = &boards[board_count ? board_count - 1 : 0];
  unsigned n = b->processes, s = b->slices;
  if (!strcmp(word, "board") && board_count < BOARDS) memset(&boards[board_count++], 0, sizeof *b);
  else if (!strcmp(word, "start_s")) start_s = atof(rest);
  else if (!strcmp(word, "driver")) snprintf(driver, TEXT, "%s", rest);
  else if (!strcmp(word, "uuid")) snprintf(b->uuid, TEXT, "%s", rest);
  else if (!strcmp(word, "name")) snprintf(b->name, TEXT, "%s", rest);
  else if (!strcmp(word, "power")) add_point(&b->power, rest);
  else if (!strcmp(word, "counter")) add_point(&b->counter, rest);
  else if (!strcmp(word, "average_s")) b->average_s = atof(rest);
  else if (!strcmp(word, "step_s")) b->step_s = atof(rest);
  else if (!strcmp(word, "reset_s")) b->reset_s = atof(rest);
  else if (!strcmp(word, "limit_mw")) b->limit_mw = strtoul(rest, 0, 10);
  else if (!strcmp(word, "temperature_c")) b->temperature_c = strtoul(rest, 0, 10);
  else if (!strcmp(word, "clock_mhz")) b->clock_mhz = strtoul(rest, 0, 10);
  else if (!strcmp(word, "architecture")) b->architecture = strtoul(rest, 0, 10);
  else if (!strcmp(word, "scopes")) b->scopes = strtoul(rest, 0, 10);
  else if (!strcmp(word, "mode")) b->mode = strtoul(rest, 0, 10);
  else if (!strcmp(word, "mig")) b->mig = strtoul(rest, 0, 10);
  else if (!strcmp(word, "reasons")) b->reasons = strtoull(rest, 0, 10);
  else if (!strcmp(word, "total_bytes")) b->total = strtoull(rest, 0, 10);
  else if (!strcmp(word, "used_bytes")) b->used = strtoull(rest, 0, 10);
  else if (!strcmp(word, "slice") && s < SLICES)
    b->slices += sscanf(rest, "%95s %u %u", b->slice[s], &b->gi[s], &b->ci[s]) == 3;
  else if (!strcmp(word, "process") && n < PROCESSES)
    b->processes += sscanf(rest, "%u %u %lf", &b->pid[n], &b->sm[n], &b->process_s[n]) == 3;
  else if (!strcmp(word, "fault") && fault_count < FAULTS) {
    Fault *f = &faults[fault_count];
    f->board = board_count - 1;  /* -1, of all, before the first board */
    fault_count += sscanf(rest, "%95s %d %d %d", f->call, &f->code, &f->after, &f->times) == 4;
  }
}

static void read_state(void) {
  char line[512], word[TEXT];
  int skip, written = 0;
  FILE *file = open_file("state");
  board_count = fault_count = 0;
  while (file && fgets(line, sizeof line, file)) {
    line[strcspn(line, "\n")] = 0;
    if (sscanf(line, "%95s %n", word, &skip) != 1) continue;
    if (!strcmp(word, "generation")) written = atoi(line + skip);
    else read_line(word, line + skip);
  }
  if (file) fclose(file);
  if (written != generation) memset(counts, 0, sizeof counts); /* each state counts its own calls */
  generation = written;
}

/* Reads the state and counts the call; the code that the script wants, else OK. */
static int enter(const char *call, int board) {
  int i = 0, at;
  read_state();
  while (i < 255 && *counts[i].call && (strcmp(counts[i].call, call) || counts[i].board != board)) i++;
  snprintf(counts[i].call, TEXT, "%s", call);
  counts[i].board = board;
  at = counts[i].calls++;
  for (Fault *f = faults; f < faults + fault_count; f++)
    if ((f->board < 0 || f->board == board) && (!strcmp(f->call, call) || !strcmp(f->call, "*")) &&
        at >= f->after && at - f->after < f->times) return f->code;
  if (!opened && strncmp(call, "nvmlInit", 8)) return NOT_INITIALISED;
  return board >= board_count ? INVALID : OK;
}

static double curve_w(const Curve *c, double t) {
  if (!c->count) return 0;
  if (t < c->t[0]) return c->w[0];
  for (int i = 1; i < c->count; i++)
    if (t < c->t[i])
      return c->w[i - 1] + (c->w[i] - c->w[i - 1]) * (t - c->t[i - 1]) / (c->t[i] - c->t[i - 1]);
  return c->w[c->count - 1];
}

static double integral_j(const Curve *c, double from, double to) {
  double total = 0, a = from;
  for (int i = 0; i <= c->count && a < to; i++) {
    double b = i < c->count ? fmin(c->t[i], to) : to;
    if (b <= a) continue;
    total += (curve_w(c, a) + curve_w(c, nextafter(b, a))) / 2 * (b - a);  /* before a jump at b */
    a = b;
  }
  return total;
}

static unsigned shown_mw(const Board *b, double average_s) {
  double t = now_s(), w = curve_w(&b->power, t);
  if (average_s > 0) w = integral_j(&b->power, t - average_s, t) / average_s;
  return (unsigned)(w * 1e3 + 0.5);
}

static unsigned long long counted_mj(const Board *b) {
  double t = now_s(), from = b->reset_s > 0 && t >= b->reset_s ? b->reset_s : 0;
  t = b->step_s > 0 ? floor(t / b->step_s + 1e-9) * b->step_s : t;
  double joules = t > from ? integral_j(b->counter.count ? &b->counter : &b->power, from, t) : 0;
  return (unsigned long long)(joules * 1e3 + 0.5);
}

#define BOARD(handle) ((int)((handle) / 16) - 1)
#define SLICE(handle) ((int)((handle) % 16) - 1) /* -1 is the whole board */
#define ENTER(board) do { int code_ = enter(__func__, board); if (code_) return code_; } while (0)
#define OF_BOARD(handle) \
  do { ENTER(BOARD(handle)); if (SLICE(handle) >= 0) return NOT_SUPPORTED; } while (0)
#define B (&boards[BOARD(handle)])
#define TELL(name, type, value) \
  int name(Handle handle, type *told) { OF_BOARD(handle); *told = (value); return OK; }

static int tell_text(char *to, unsigned size, const char *text) {
  return snprintf(to, size, "%s", text) < (int)size ? OK : TOO_SMALL;
}

int nvmlInitWithFlags(unsigned flags) { (void)flags; ENTER(-1); opened++; return OK; }
int nvmlInit_v2(void) { ENTER(-1); opened++; return OK; }
int nvmlShutdown(void) { ENTER(-1); opened--; return OK; }
const char *nvmlErrorString(int code) { return code == UNKNOWN ? "Unknown Error" : "an error"; }
int nvmlSystemGetDriverVersion(char *to, unsigned size) { ENTER(-1); return tell_text(to, size, driver); }
int nvmlDeviceGetCount_v2(unsigned *count) { ENTER(-1); *count = board_count; return OK; }

int nvmlDeviceGetHandleByIndex_v2(unsigned index, Handle *handle) {
  ENTER((int)index);
  *handle = (index + 1) * 16;
  return OK;
}

int nvmlDeviceGetHandleByUUID(const char *uuid, Handle *handle) {
  ENTER(-1);
  for (int i = 0; i < board_count; i++) {
    *handle = (i + 1) * 16;
    if (!strcmp(uuid, boards[i].uuid)) return OK;
    for (unsigned s = 0; s < boards[i].slices; s++)
      if (!strcmp(uuid, boards[i].slice[s])) { *handle += s + 1; return OK; }
  }
  return NOT_FOUND;
}

int nvmlDeviceGetUUID(Handle handle, char *to, unsigned size) {
  ENTER(BOARD(handle));
  return tell_text(to, size, SLICE(handle) < 0 ? B->uuid : B->slice[SLICE(handle)]);
}

int nvmlDeviceGetName(Handle handle, char *to, unsigned size) {
  ENTER(BOARD(handle));
  return tell_text(to, size, B->name);
}

TELL(nvmlDeviceGetIndex, unsigned, BOARD(handle))
TELL(nvmlDeviceGetArchitecture, unsigned, B->architecture)
TELL(nvmlDeviceGetComputeMode, unsigned, B->mode)
TELL(nvmlDeviceGetPowerUsage, unsigned, shown_mw(B, B->average_s))
TELL(nvmlDeviceGetEnforcedPowerLimit, unsigned, B->limit_mw)
TELL(nvmlDeviceGetTotalEnergyConsumption, unsigned long long, counted_mj(B))
TELL(nvmlDeviceGetCurrentClocksEventReasons, unsigned long long, B->reasons)
TELL(nvmlDeviceGetCurrentClocksThrottleReasons, unsigned long long, B->reasons)
TELL(nvmlDeviceGetMaxMigDeviceCount, unsigned, SLICES)

int nvmlDeviceGetTemperature(Handle handle, int sensor, unsigned *told) {
  OF_BOARD(handle);
  *told = B->temperature_c;
  return sensor ? INVALID : OK;
}

int nvmlDeviceGetClockInfo(Handle handle, int clock, unsigned *told) {
  OF_BOARD(handle);
  *told = B->clock_mhz;
  return clock == 1 ? OK : NOT_SUPPORTED;
}

int nvmlDeviceGetMemoryInfo(Handle handle, unsigned long long *total_free_used) {
  ENTER(BOARD(handle));
  total_free_used[0] = B->total;
  total_free_used[1] = B->total - B->used;
  total_free_used[2] = B->used;
  return OK;
}

int nvmlDeviceGetFieldValues(Handle handle, int count, Field *fields) {
  OF_BOARD(handle);
  for (Field *f = fields; f < fields + count; f++) {
    f->type = 1;
    f->value = f->field == 186 ? shown_mw(B, 0) : 0;
    f->code = f->field == 186 && B->scopes >> f->scope & 1 ? OK : NOT_SUPPORTED;
  }
  return OK;
}

int nvmlDeviceGetProcessUtilization(Handle handle, Sample *to, unsigned *count, unsigned long long since_us) {
  OF_BOARD(handle);
  unsigned found = 0;
  for (unsigned i = 0; i < B->processes; i++) {
    uint64_t time_us = (uint64_t)((B->process_s[i] < 0 ? now_s() : B->process_s[i]) * 1e6);
    if (time_us <= since_us || time_us > now_s() * 1e6) continue;
    if (to && found < *count) to[found] = (Sample){B->pid[i], time_us, B->sm[i], 0, 0, 0};
    found++;
  }
  int small = !to || *count < found;
  *count = found;
  return !found ? NOT_FOUND : small ? TOO_SMALL : OK;
}

int nvmlDeviceGetMigMode(Handle handle, unsigned *current, unsigned *pending) {
  OF_BOARD(handle);
  *current = *pending = B->mig;
  return B->architecture < 7 ? NOT_SUPPORTED : OK;
}

int nvmlDeviceGetMigDeviceHandleByIndex(Handle handle, unsigned index, Handle *slice) {
  OF_BOARD(handle);
  *slice = handle + index + 1;
  return index < B->slices ? OK : NOT_FOUND;
}

int nvmlDeviceGetGpuInstanceId(Handle handle, unsigned *id) {
  ENTER(BOARD(handle));
  *id = SLICE(handle) < 0 ? 0 : B->gi[SLICE(handle)];
  return SLICE(handle) < 0 ? NOT_SUPPORTED : OK;
}

int nvmlDeviceGetComputeInstanceId(Handle handle, unsigned *id) {
  ENTER(BOARD(handle));
  *id = SLICE(handle) < 0 ? 0 : B->ci[SLICE(handle)];
  return SLICE(handle) < 0 ? NOT_SUPPORTED : OK;
}
