/* bridge ARGUMENTS, under the name docker: runs the script docker.sh beside this program on the system around Wine, whose
   processes have neither handles nor pipes here. The script writes its exit code into the file that
   the variable DOCKER_EXIT names, and its outputs into files beside it. */
#include <stdio.h>
#include <string.h>
#include <windows.h>

/* Passes on what a file has, and removes it. */
static void pass_on(const char *status, const char *ending, FILE *to) {
    char path[1200], part[4096];
    size_t count;
    snprintf(path, sizeof path, "%s.%s", status, ending);
    FILE *from = fopen(path, "rb");
    if (from == NULL) {
        return;
    }
    while ((count = fread(part, 1, sizeof part, from)) > 0) {
        fwrite(part, 1, count, to);
    }
    fclose(from);
    DeleteFileA(path);
}

int main(void) {
    static char line[32768], script[1024], status[1100];
    STARTUPINFOA start = {.cb = sizeof start};
    PROCESS_INFORMATION child;
    int code = -1;
    const char *arguments = GetCommandLineA();
    /* The first word is this program. */
    arguments = *arguments == '"' ? strchr(arguments + 1, '"') + 1 : strpbrk(arguments, " ");
    GetModuleFileNameA(NULL, script, sizeof script);
    snprintf(status, sizeof status, "%s.%lu", script, GetCurrentProcessId());
    *strrchr(script, '\\') = '\0';
    SetEnvironmentVariableA("DOCKER_EXIT", status);
    snprintf(line, sizeof line, "\"%s\\docker.sh\"%s", script, arguments == NULL ? "" : arguments);
    if (!CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &start, &child)) {
        return 124;
    }
    for (;;) {
        FILE *file = fopen(status, "r");
        if (file != NULL) {
            int count = fscanf(file, "%d\n", &code);
            fclose(file);
            if (count == 1) {
                DeleteFileA(status);
                pass_on(status, "out", stdout);
                pass_on(status, "err", stderr);
                return code;
            }
        }
        Sleep(2);
    }
}
