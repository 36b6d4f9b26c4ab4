/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that have a safer sister here.  tools/check-banned greps for the same names (this list is where it reads them).
 * strcpy strcat strncpy strncat sprintf vsprintf strtok gets gmtime localtime asctime ctime atoi atol atof alloca rand srand system popen tmpnam mktemp */
