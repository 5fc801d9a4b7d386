/* beat FILE: starts itself again, and the second process writes into the file ten times a second. */
#include <stdio.h>
#include <string.h>
#include <windows.h>

int main(int count, char **words) {
    char line[1024];
    STARTUPINFOA start = {.cb = sizeof start};
    PROCESS_INFORMATION child;
    if (count == 2) {
        snprintf(line, sizeof line, "\"%s\" \"%s\" again", words[0], words[1]);
        if (!CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &start, &child)) {
            return 1;
        }
        WaitForSingleObject(child.hProcess, INFINITE);
        return 0;
    }
    for (;;) {
        FILE *file = fopen(words[1], "a");
        if (file != NULL) {
            fputs("x", file);
            fclose(file);
        }
        Sleep(100);
    }
}
